/** What a service manager is told, in which order and together with what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Notifier, watchdogTime } from "../../src/os/notify.ts";

/** Sends when it is told to. */
function slowSender() {
  const sent: string[] = [];
  const waiting: ((ok: boolean) => void)[] = [];
  const send = (assignments: readonly string[]): Promise<boolean> => {
    sent.push(assignments.join(" "));
    return new Promise((done) => waiting.push(done));
  };
  const turn = () => new Promise((next) => setImmediate(next));
  return {
    sent,
    send,
    async finish(ok = true) {
      await turn();
      waiting.shift()?.(ok);
      await turn();
    },
  };
}

test("one message at a time; those that wait go together, the last word of each kind", async () => {
  const { sent, send, finish } = slowSender();
  const notifier = new Notifier(send, assert.fail);
  notifier.tell({ STATUS: "starting" });
  await finish();
  for (const status of ["one", "two"]) notifier.tell({ STATUS: status });
  notifier.tell({ WATCHDOG: "1" });
  await new Promise((next) => setImmediate(next));
  notifier.tell({ STATUS: "three" });
  assert.deepEqual(sent, ["STATUS=starting", "STATUS=two WATCHDOG=1"]);
  await finish();
  await finish();
  await notifier.idle();
  assert.deepEqual(sent.slice(2), ["STATUS=three"]);
});

test("READY never goes with the RELOADING that it takes back", async () => {
  const { sent, send, finish } = slowSender();
  const notifier = new Notifier(send, assert.fail);
  notifier.tell({ RELOADING: "1", MONOTONIC_USEC: "7" });
  notifier.tell({ READY: "1" });
  notifier.tell({ STATUS: "up" });
  notifier.tell({ STOPPING: "1" });
  for (let i = 0; i < 3; i++) await finish();
  await notifier.idle();
  assert.deepEqual(sent, ["RELOADING=1 MONOTONIC_USEC=7", "READY=1 STATUS=up", "STOPPING=1"]);
});

test("a message that did not get out is told, and the next is tried", async () => {
  const { sent, send, finish } = slowSender();
  let failures = 0;
  const notifier = new Notifier(send, () => failures++);
  notifier.tell({ READY: "1" });
  await finish(false);
  notifier.tell({ WATCHDOG: "1" });
  await finish();
  await notifier.idle();
  assert.deepEqual([failures, sent.length], [1, 2]);
});

test("the watchdog's time is ours only if it names us, or nobody", () => {
  assert.equal(watchdogTime({ WATCHDOG_USEC: "30000000" }, 5), 30_000);
  assert.equal(watchdogTime({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "5" }, 5), 30_000);
  assert.equal(watchdogTime({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "6" }, 5), undefined);
  for (const odd of ["", "0", "-1", "1e9", "soon"])
    assert.equal(watchdogTime({ WATCHDOG_USEC: odd }, 5), undefined, odd);
  assert.equal(watchdogTime({}, 5), undefined);
});
