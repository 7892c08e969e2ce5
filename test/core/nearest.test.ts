/** What a mistyped word was probably meant to be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../src/core/nearest.ts";

const KNOWN = ["name", "stdoutFile", "stderrFile", "command", "state-dir"];

for (const [typed, meant] of [
  ["comand", "command"],
  ["stdout_file", "stdoutFile"],
  ["--state-di", "state-dir"],
  ["nme", "name"],
  ["nmae", "name"],
  ["xyz", undefined],
  ["", undefined],
] as const) {
  test(`'${typed}' was meant to be '${meant}'`, () => assert.equal(nearest(typed, KNOWN), meant));
}

test("nothing is near where nothing is known", () => assert.equal(nearest("a", []), undefined));
