/** What is told of what came after a crash. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashNext } from "../../src/core/crash.ts";
import type { News } from "../../src/core/life.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { firstNext, laterNext } from "../../src/evidence/next.ts";

const status = (more: Partial<NodeStatus>): NodeStatus => ({
  node: { name: "a" },
  state: "waiting",
  generation: 1,
  since: 50,
  ...more,
});

test("right after the death", () => {
  assert.deepEqual(firstNext(status({ nextStart: 90 })), { kind: "waits", at: 90 });
  assert.deepEqual(firstNext(status({})), { kind: "waits" });
  assert.deepEqual(firstNext(status({ state: "pending", waitsFor: ["b"] })), { kind: "waits" });
  assert.deepEqual(firstNext(status({ state: "stopped", why: "failed" })), { kind: "gaveUp" });
  assert.deepEqual(firstNext(status({ state: "stopped", why: "told" })), { kind: "told" });
});

const WAITS: CrashNext = { kind: "waits", at: 90 };
const CASES: [known: CrashNext, news: News, status: NodeStatus, next: CrashNext | undefined][] = [
  [
    WAITS,
    { kind: "started", revived: true },
    status({ state: "running", pid: 7 }),
    { kind: "started", at: 50, pid: 7 },
  ],
  [WAITS, { kind: "failed" }, status({}), { kind: "failed", at: 99 }],
  [WAITS, { kind: "changed" }, status({ state: "stopped", why: "told" }), { kind: "told" }],
  [WAITS, { kind: "changed" }, status({ state: "stopped", why: "failed" }), { kind: "gaveUp" }],
  [WAITS, { kind: "changed" }, status({ nextStart: 95 }), { kind: "waits", at: 95 }],
  [WAITS, { kind: "changed" }, status({ nextStart: 90 }), undefined],
  [WAITS, { kind: "changed" }, status({ state: "pending" }), undefined],
  [WAITS, { kind: "changed" }, status({ state: "running", pid: 7 }), undefined],
  [WAITS, { kind: "blocked" }, status({ state: "pending" }), undefined],
  [WAITS, { kind: "gone" }, status({ state: "stopped" }), { kind: "told" }],
  [{ kind: "gaveUp" }, { kind: "started", revived: false }, status({ pid: 7 }), undefined],
  [{ kind: "started", at: 1, pid: 2 }, { kind: "failed" }, status({}), undefined],
];

for (const [known, news, after, next] of CASES) {
  test(`${JSON.stringify(known)}, then ${news.kind}: ${JSON.stringify(next)}`, () => {
    assert.deepEqual(laterNext(known, news, after.pid ?? 0, after, 99), next);
  });
}
