import assert from "node:assert/strict";
import { test } from "node:test";
import { FairTurns } from "../../../src/broker/websocket/turns.ts";
import { until } from "../../fixtures/tree.ts";

test("A.4: everybody gets a turn, one piece of work each", async () => {
  const turns = new FairTurns();
  const done: string[] = [];
  for (const [name, pieces] of Object.entries({ a: 3, b: 1, c: 2 })) {
    let left = pieces;
    turns.add({ step: () => done.push(name) > 0 && --left > 0 });
  }
  assert.deepEqual(done, []);
  await until("all work", () => done.length === 6);
  assert.equal(done.join(""), "abcaca");
});

test("A.4: the loop has its turns while there is work", async () => {
  const turns = new FairTurns();
  let steps = 0;
  let isStopped = false;
  turns.add({
    step() {
      steps++;
      return !isStopped;
    },
  });
  await until("much work", () => steps > 100_000);
  isStopped = true;
  const before = steps;
  await until("the last of it", () => steps > before);
  await new Promise((turn) => setImmediate(turn));
  assert.equal(steps, before + 1);
});

test("A.4: work may be added on the way, and again", async () => {
  const turns = new FairTurns();
  const done: string[] = [];
  const once = (name: string, more = () => {}) => ({
    step() {
      done.push(name);
      more();
      return false;
    },
  });
  turns.add(once("a", () => turns.add(once("b", () => turns.add(once("c"))))));
  await until("all work", () => done.length === 3);
  turns.add(once("d"));
  await until("all work", () => done.length === 4);
  assert.deepEqual(done, ["a", "b", "c", "d"]);
});
