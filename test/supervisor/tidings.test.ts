/** What became of a node, in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { News } from "../../src/core/life.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { howItDied, tidings, withWhat } from "../../src/supervisor/tidings.ts";

const STATUS: NodeStatus = {
  node: { name: "a" },
  state: "running",
  generation: 1,
  since: 1_000,
};
const WAITING: NodeStatus = { ...STATUS, state: "waiting", nextStart: 1_500 };

const CASES: [news: News, status: NodeStatus, kind: string, text: string][] = [
  [{ kind: "started", revived: false }, STATUS, "started", "node 'a' was started (PID 7)"],
  [{ kind: "started", revived: true }, STATUS, "revived", "node 'a' was revived (PID 7)"],
  [
    { kind: "failed" } as News,
    WAITING,
    "failed",
    "node 'a' could not be started; the next start is due in 500 ms",
  ],
  [{ kind: "changed" }, STATUS, "changed", "node 'a' is running"],
  [{ kind: "changed" }, WAITING, "changed", "node 'a' is waiting; the next start is due in 500 ms"],
  [{ kind: "gone" }, { ...STATUS, state: "stopped" }, "changed", "node 'a' is stopped"],
  [
    { kind: "exited", pid: 7, exit: { code: 3 }, premature: true },
    STATUS,
    "exited",
    "node 'a' (PID 7) ended with exit code 3",
  ],
  [
    { kind: "exited", pid: 7, exit: { signal: "SIGKILL" }, premature: true },
    WAITING,
    "exited",
    "node 'a' (PID 7) ended by signal 9",
  ],
  [
    { kind: "impatient", without: ["b", "typo", "c"] },
    STATUS,
    "changed",
    "node 'a' starts without 'b', 'c', failed for too long, and without 'typo': there is no such node",
  ],
  [
    { kind: "impatient", without: ["typo"] },
    STATUS,
    "changed",
    "node 'a' starts without 'typo': there is no such node",
  ],
  [
    { kind: "checked" },
    { ...STATUS, health: { failures: 1, limit: 3, reason: "status 503" } },
    "changed",
    "node 'a' failed a health check (1 of 3): status 503",
  ],
  [{ kind: "checked" }, STATUS, "changed", "node 'a' passes its health checks again"],
  [
    {
      kind: "unhealthy",
      trouble: { failures: 3, limit: 3, reason: "timed out" },
      revived: true,
    },
    { ...STATUS, state: "stopping" },
    "unhealthy",
    "node 'a' (PID 7) failed its health check 3 times (timed out): restarting it",
  ],
  [
    {
      kind: "unhealthy",
      trouble: { failures: 1, limit: 1, reason: "status 1" },
      revived: false,
    },
    { ...STATUS, state: "stopping" },
    "unhealthy",
    "node 'a' (PID 7) failed its health check once (status 1): its policy starts it no more",
  ],
  [
    {
      kind: "exited",
      pid: 7,
      exit: { signal: "SIGTERM", unhealthy: "health check 'x' failed once: status 1" },
      premature: true,
    },
    WAITING,
    "exited",
    "node 'a' (PID 7) ended by signal 15: health check 'x' failed once: status 1",
  ],
];
const isKnown = (name: string): boolean => name !== "typo";

for (const [news, status, kind, text] of CASES) {
  test(`told: ${text}`, () => {
    assert.deepEqual(tidings(news, 7, status, 42, isKnown), {
      kind,
      at: 42,
      text,
      node: "a",
      status,
    });
  });
}

test("a delay that has passed is none", () => {
  const { text } = tidings({ kind: "changed" }, 7, { ...WAITING, nextStart: 1 }, 42, isKnown);
  assert.match(text, /due in 0 ms$/);
});

test("how a process ended, in Zeek's words", () => {
  assert.equal(howItDied({ code: 3 }), "exited prematurely with status 3");
  assert.equal(howItDied({ signal: "SIGTERM" }), "terminated prematurely by signal 15");
  assert.equal(withWhat({}), "with exit code 1");
});

test("what the kernel ended for want of memory is told so, with its limit if it had one", () => {
  const exit = { signal: "SIGKILL", oom: true } as const;
  assert.equal(howItDied(exit, "512M"), "was killed by the kernel: out of memory (limit 512M)");
  assert.equal(howItDied(exit), "was killed by the kernel: out of memory");
  const status = { ...WAITING, node: { name: "a", memoryMax: 2 ** 30 } };
  const news = { kind: "exited", pid: 7, exit, premature: true } as const;
  assert.equal(
    tidings(news, 7, status, 42, isKnown).text,
    "node 'a' (PID 7) was killed by the kernel: out of memory (limit 1G)",
  );
});
