/** How an error of a script is told: where it is in the script, and not how it came to be called. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, on, onHandlerError, raise } from "../../src/script/lifecycle.ts";

test("of a stack only the script's own part is told", async () => {
  const told: string[] = [];
  onHandlerError((error) => told.push(describe(error)));
  on("done", () => {
    throw new Error("no");
  });
  await raise("done");
  assert.match(told.join(), /^Error: no\n +at .*describe\.test\.ts:\d+:\d+\)?/);
  assert.doesNotMatch(told.join(), /lifecycle\.ts|node:internal/);
});

test("of an error that is nobody's but ours all is told, and of what is no error itself", () => {
  const stack = "Error: no\n    at listen (node:net:12:3)";
  assert.equal(describe(Object.assign(new Error("no"), { stack })), stack);
  assert.equal(describe("no"), "no");
});
