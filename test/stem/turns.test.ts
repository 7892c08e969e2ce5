/** A burst of work is spread over turns of the loop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../src/stem/turns.ts";
import { busy } from "../fixtures/turns.ts";

test("items are acted on in order, and other work gets its turn between them", async () => {
  const done: number[] = [];
  let turns = 0;
  const finished = new Promise<void>((resolve) => {
    const queue = new Turns<number>((item) => {
      busy(2);
      done.push(item);
      if (item === 19) resolve();
    });
    for (let item = 0; item < 20; item++) queue.add(item);
  });
  const count = (): void => {
    turns++;
    if (done.length < 20) setImmediate(count);
  };
  setImmediate(count);
  await finished;
  assert.deepEqual(
    done,
    Array.from({ length: 20 }, (_, item) => item),
  );
  assert.ok(turns > 3, `${turns} other turns`);
});

test("an item that throws costs no other item its turn", async (t) => {
  const done: number[] = [];
  const caught: unknown[] = [];
  const catching = (error: unknown) => caught.push(error);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", catching);
  t.after(() => {
    process.off("uncaughtException", catching);
    for (const other of others) process.on("uncaughtException", other);
  });
  await new Promise<void>((resolve) => {
    const queue = new Turns<number>((item) => {
      if (item === 1) throw new Error("one");
      done.push(item);
      if (item === 2) resolve();
    });
    for (const item of [0, 1, 2]) queue.add(item);
  });
  assert.deepEqual(done, [0, 2]);
  assert.equal(caught.length, 1);
});

test("what is forgotten gets no turn", async () => {
  const done: number[] = [];
  const queue = new Turns<number>((item) => done.push(item));
  queue.add(1);
  queue.clear();
  queue.add(2);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.deepEqual(done, [2]);
});
