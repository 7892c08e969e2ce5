/** Completion scripts: made from the verbs, and understood by the shells that are there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { optionsOf } from "../../src/cli/common-options.ts";
import { SHOWN_VERBS } from "../../src/cli/verbs.ts";
import { coppice } from "./fake.ts";

const scriptOf = async (shell: string) => (await coppice(["completion", shell])).stdout;

for (const shell of ["bash", "zsh", "fish"]) {
  test(`${shell}: every verb with every option, and nothing hidden`, async () => {
    const script = await scriptOf(shell);
    for (const verb of SHOWN_VERBS) {
      const own = script.split("\n").filter((line) => new RegExp(`\\b${verb.name}\\b`).test(line));
      assert.ok(own.length > 0, verb.name);
      for (const [name, { short }] of Object.entries(optionsOf(verb))) {
        assert.ok(script.includes(shell === "fish" ? `-l ${name} ` : `--${name}`), `--${name}`);
        if (short === undefined) continue;
        assert.ok(script.includes(shell === "fish" ? `-s ${short} ` : `-${short}`), `-${short}`);
      }
    }
    assert.doesNotMatch(script, /[^\P{Cc}\n]|undefined|\[object/u);
  });
}

test("bash parses its script, and what zsh has in common with it", async () => {
  for (const shell of ["bash", "zsh"]) {
    const { status, stderr } = spawnSync("bash", ["-n"], {
      input: await scriptOf(shell),
      encoding: "utf8",
    });
    assert.deepEqual([status, stderr], [0, ""], shell);
  }
});

test("fish's blocks are closed, its quotes are in pairs, and each line is of a known form", async () => {
  const lines = (await scriptOf("fish")).split("\n").map((line) => line.trim());
  let depth = 0;
  for (const line of lines) {
    const [word = ""] = line.split(" ");
    if (["function", "for", "if", "switch"].includes(word)) depth++;
    if (line === "end") depth--;
    assert.ok(depth >= 0);
    assert.equal((line.replaceAll(/\\['\\]/g, "").match(/'/g) ?? []).length % 2, 0, line);
    if (word === "complete")
      assert.match(
        line,
        /^complete -c coppice -n '__coppice_verb_is [a-z"]+'( -[slad] (\S+|'([^'\\]|\\.)*')| -[xrfF])+$/,
      );
  }
  assert.equal(depth, 0);
});

test("a shell that there is none for is a usage error", async () => {
  for (const argv of [[], ["csh"], ["bash", "zsh"]]) {
    const { status, stderr } = await coppice(["completion", ...argv]);
    assert.equal(status, 2);
    assert.match(stderr, /^error: which shell\? coppice completion bash, zsh or fish; see/);
  }
});

test("help tells of each verb what there is, and fits a terminal", async () => {
  for (const verb of SHOWN_VERBS) {
    const { stdout } = await coppice(["help", verb.name]);
    assert.equal((await coppice([verb.name, "--help"])).stdout, stdout);
    for (const name of Object.keys(optionsOf(verb))) assert.ok(stdout.includes(`--${name}`));
    for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
  }
});
