/** Telling everybody who watches. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Watchers } from "../../src/control/watchers.ts";
import type { TreeEvent } from "../../src/core/api.ts";

const event = (text: string): TreeEvent => ({ kind: "changed", at: 0, text });

function watched(): { watchers: Watchers; errors: unknown[] } {
  const errors: unknown[] = [];
  return { watchers: new Watchers((error) => errors.push(error)), errors };
}

test("a handler that throws or rejects is reported, and the others are told all the same", async () => {
  const { watchers, errors } = watched();
  const told: string[] = [];
  watchers.watch(() => {
    throw new Error("thrown");
  });
  watchers.watch((async () => Promise.reject(new Error("rejected"))) as () => void);
  watchers.watch(({ text }) => told.push(text));
  watchers.tell(event("one"));
  watchers.tell(event("two"));
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(told, ["one", "two"]);
  assert.deepEqual(errors.map(String).sort(), [
    "Error: rejected",
    "Error: rejected",
    "Error: thrown",
    "Error: thrown",
  ]);
});

test("whoever watches no more is not told, the same function counts twice", () => {
  const { watchers } = watched();
  const told: string[] = [];
  const handler = ({ text }: TreeEvent) => told.push(text);
  const first = watchers.watch(handler);
  watchers.watch(handler);
  watchers.tell(event("both"));
  first();
  first();
  watchers.tell(event("one"));
  assert.deepEqual(told, ["both", "both", "one"]);
  assert.equal(watchers.size, 1);
});

test("what a handler causes is told to everybody after what caused it", () => {
  const { watchers } = watched();
  const told: string[] = [];
  watchers.watch(({ text }) => {
    if (text === "cause") watchers.tell(event("effect"));
  });
  watchers.watch(({ text }) => told.push(text));
  watchers.tell(event("cause"));
  assert.deepEqual(told, ["cause", "effect"]);
});

test("a handler that begins or ends watching meanwhile is heard from the next event on, or no more", () => {
  const { watchers } = watched();
  const told: string[] = [];
  const end = watchers.watch(() => {
    stop();
    end();
    watchers.watch(({ text }) => told.push(`late ${text}`));
  });
  const stop = watchers.watch(({ text }) => told.push(text));
  watchers.tell(event("one"));
  watchers.tell(event("two"));
  assert.deepEqual(told, ["late two"]);
});
