/** Points 25 to 30: commands to a tree of several nodes, and what is reported of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tree, type TreeEffect } from "../../src/core/tree.ts";

const A = { name: "a" };

test("25: the snapshot has every node that was not destroyed, and what is still ending", () => {
  const tree = running("a", "b");
  tree.destroy("a", 50);
  const { nodes, ending } = tree.snapshot();
  assert.deepEqual(ending, [1]);
  assert.deepEqual(nodes, [
    {
      config: { name: "b" },
      report: {
        id: 2,
        name: "b",
        state: "running",
        pid: 102,
        ready: false,
        generation: 1,
        since: 10,
      },
      origin: "script",
      stopped: false,
    },
  ]);
});

test("25: a report tells the last exit, and when the node starts again", () => {
  const tree = running("a");
  const report = lastReport(tree.handle("a", exited(101, { code: 3 }), 400));
  assert.deepEqual(report, {
    id: 1,
    name: "a",
    state: "waiting",
    generation: 1,
    since: 400,
    lastExit: { code: 3, at: 400 },
    nextStart: 1_000,
  });
  assert.equal(tree.nextWake(), 1_000);
});

test("27: gone is told once nothing of the node is left, and the name is no more", () => {
  const tree = running("a");
  assert.deepEqual(words(tree.destroy("a", 50)), ["SIGTERM 101", "a changed stopping"]);
  assert.deepEqual(words(tree.destroy("a", 60)), [], "only once");
  const death = tree.handle("a", exited(101, { code: 0 }, true), 70);
  assert.deepEqual(words(death), ["a exited stopping", "SIGTERM group 101", "a changed stopping"]);
  assert.deepEqual(words(tree.handle("a", { type: "looked", left: [] }, 80)), ["a gone 1"]);
  assert.equal(tree.size, 0);
  assert.equal(tree.stateOf("a"), undefined);
});

test("28: a node that waits for its revival is restarted at once, and its attempts are kept", () => {
  const tree = running("a");
  tree.handle("a", exited(101), 10);
  tree.wake(1_000);
  tree.handle("a", { type: "started", pid: 111, group: 111 }, 1_000);
  tree.handle("a", exited(111), 1_001);
  assert.deepEqual(words(tree.order("restart", "a", 1, 1_002)), ["a spawn 1.3"]);
  const state = tree.stateOf("a");
  assert.ok(state?.tag === "starting");
  assert.deepEqual(state.life.revival, { attempts: 1 });
});

test("28: the report of the start that follows answers the restart, and only that one", () => {
  const tree = running("a");
  assert.equal(lastReport(tree.order("restart", "a", 7, 20))?.answered, undefined);
  assert.equal(lastReport(tree.handle("a", exited(101), 30))?.answered, undefined);
  assert.equal(
    lastReport(tree.handle("a", { type: "started", pid: 111, group: 111 }, 31))?.answered,
    7,
  );
});

test("28: a restart during a start is answered by the start after it", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  tree.order("restart", "a", 7, 1);
  const first = tree.handle("a", { type: "started", pid: 101, group: 101 }, 2);
  assert.deepEqual(words(first), ["a started stopping", "SIGTERM 101", "a changed stopping"]);
  assert.equal(lastReport(first)?.answered, undefined);
  tree.handle("a", exited(101), 3);
  assert.equal(lastReport(tree.handle("a", { type: "failed" }, 4))?.answered, 7);
});

test("28: commands to a name that is unknown, or to be gone, do nothing", () => {
  const tree = running("a");
  assert.deepEqual(tree.order("restart", "b", 1, 0), []);
  assert.deepEqual(tree.destroy("b", 0), []);
  assert.deepEqual(tree.handle("b", { type: "wake" }, 0), []);
  tree.destroy("a", 50);
  assert.deepEqual(tree.order("restart", "a", 2, 60), []);
});

test("29: destroy, then create of one name: the new one starts when the old one has gone", () => {
  const tree = running("a");
  tree.destroy("a", 50);
  const config = { name: "a", stop: { attempts: 0 } };
  assert.deepEqual(words(tree.create({ id: 2, config }, 51)), ["a changed stopping"]);
  const { nodes, ending } = tree.snapshot();
  const report = { id: 2, name: "a", state: "pending", generation: 0, since: 50 };
  assert.deepEqual(nodes, [{ config, report, origin: "script", stopped: false }]);
  assert.deepEqual(ending, [1]);
  const death = tree.handle("a", exited(101), 60);
  assert.deepEqual(words(death), ["a exited pending", "a gone 1", "a spawn 2.1"]);
  assert.ok(death.some((effect) => effect.type === "spawn" && effect.config === config));
});

test("29: destroy, create, destroy, create: each creation is told gone, the last one starts", () => {
  const tree = running("a");
  tree.destroy("a", 50);
  tree.create({ id: 2, config: A }, 51);
  tree.destroy("a", 52);
  tree.create({ id: 3, config: A }, 53);
  const death = words(tree.handle("a", exited(101), 60));
  assert.deepEqual(death, ["a exited pending", "a gone 1", "a gone 2", "a spawn 3.1"]);
});

test("29: what is reported of a process is reported of the creation that started it", () => {
  for (const isDestroyedAgain of [true, false]) {
    const tree = running("a");
    tree.destroy("a", 20);
    tree.create({ id: 2, config: A }, 30);
    if (isDestroyedAgain) {
      tree.destroy("a", 40);
      tree.create({ id: 3, config: A }, 50);
      tree.destroy("a", 60);
    }
    assert.equal(lastReport(tree.handle("a", exited(101), 70))?.id, 1);
  }
});

test("29: a create of a name that is in use changes nothing", () => {
  const tree = running("a");
  assert.deepEqual(tree.create({ id: 2, config: { name: "a", command: ["other"] } }, 50), []);
  assert.deepEqual(
    tree.snapshot().nodes.map(({ config, report }) => [config, report.id]),
    [[A, 1]],
  );
});

test("29: the old process is stopped by its own policy, not by its successor's", () => {
  const tree = running("a");
  tree.destroy("a", 50);
  tree.create({ id: 2, config: { name: "a", stop: { attempts: 0, interval: 1 } } }, 51);
  assert.equal(tree.nextWake(), 2_050);
  assert.deepEqual(words(tree.wake(2_050)), ["SIGTERM 101"]);
});

test("29: a start that is overtaken by destroy and create is never taken for the new node's", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  tree.destroy("a", 1);
  tree.create({ id: 2, config: A }, 2);
  assert.deepEqual(words(tree.handle("a", { type: "failed" }, 3)), ["a gone 1", "a spawn 2.1"]);
});

test("29: the same for a start that succeeds: its process ends first", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  tree.destroy("a", 1);
  tree.create({ id: 2, config: A }, 2);
  const started = tree.handle("a", { type: "started", pid: 101, group: 101 }, 3);
  assert.deepEqual(words(started), ["SIGTERM 101", "a changed stopping"]);
  const death = words(tree.handle("a", exited(101), 4));
  assert.deepEqual(death, ["a exited pending", "a gone 1", "a spawn 2.1"]);
});

test("29: a new node has neither the last exit nor the request of the one whose name it has", () => {
  const tree = running("a");
  tree.handle("a", exited(101, { code: 3 }), 20);
  tree.wake(1_010);
  tree.handle("a", { type: "started", pid: 102, group: 102 }, 1_010);
  tree.order("restart", "a", 5, 1_020);
  tree.destroy("a", 1_030);
  tree.create({ id: 9, config: A }, 1_040);
  assert.deepEqual(words(tree.handle("a", exited(102), 1_050)).at(-1), "a spawn 9.1");
  const report = lastReport(tree.handle("a", { type: "started", pid: 103, group: 103 }, 1_060));
  assert.equal(report?.pid, 103);
  assert.equal(report.lastExit, undefined);
  assert.equal(report.answered, undefined);
});

test("30: a start that failed is reported without a pid, and tried again", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  const failed = tree.handle("a", { type: "failed" }, 5);
  assert.deepEqual(words(failed), ["a failed waiting"]);
  assert.equal(lastReport(failed)?.pid, undefined);
  assert.deepEqual(words(tree.wake(1_000)), ["a spawn 1.1"]);
});

test("30, 31: a start that failed is a failure to each policy", () => {
  for (const [when, words] of [
    ["failure", "a failed waiting"],
    ["never", "a failed stopped"],
  ] as const) {
    const tree = new Tree({ sigkill: true });
    tree.create({ id: 1, config: { ...A, revival: { when } } }, 0);
    const [report] = tree.handle("a", { type: "failed" }, 5);
    assert.ok(report?.type === "report");
    assert.equal(`a ${report.news.kind} ${report.report.state}`, words);
    assert.equal(report.report.why, when === "never" ? "failed" : undefined);
  }
});

test("35: an end that the policy takes for that of the work is no premature one", () => {
  for (const [when, code, premature] of [
    ["always", 0, true],
    ["failure", 0, false],
    ["never", 0, false],
    ["never", 1, true],
  ] as const) {
    const tree = new Tree({ sigkill: true });
    tree.create({ id: 1, config: { ...A, revival: { when } } }, 0);
    tree.handle("a", { type: "started", pid: 101, group: 101 }, 0);
    const [report] = tree.handle("a", exited(101, { code }), 5);
    assert.ok(report?.type === "report" && report.news.kind === "exited");
    assert.equal(report.news.premature, premature, `${when}, ${code}`);
  }
});

test("34: after a long life the count of revivals begins anew, and is kept so", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  let now = 0;
  const live = (pid: number, time: number) => {
    tree.handle("a", { type: "started", pid, group: pid }, now);
    now += time;
    tree.handle("a", exited(pid), now);
    now = Math.max(now, tree.nextWake() ?? now);
    tree.wake(now);
    const state = tree.stateOf("a");
    return state !== undefined && "life" in state ? state.life.revival.attempts : undefined;
  };
  const lives = [10, 10, 10, 30_000, 10].map((time, i) => live(101 + i, time));
  assert.deepEqual(lives, [1, 2, 3, 1, 2]);
});

test("36: what an earlier Stem left ends before the node starts, with its full stop policy", () => {
  const tree = new Tree({ sigkill: true });
  const config = { name: "a", stop: { signal: "SIGINT", interval: 100, attempts: 2 } } as const;
  const created = tree.create({ id: 1, config, generation: 4, previous: [50, 51] }, 0);
  assert.deepEqual(words(created), ["SIGINT group 50,51", "a changed stopping"]);
  const sent: string[] = [];
  for (let at = tree.nextWake()!; at < 400; at = tree.nextWake()!) {
    const woken = tree.wake(at);
    sent.push(...words(woken).filter((word) => word.startsWith("SIG")));
    if (woken.some(({ type }) => type === "look"))
      tree.handle("a", { type: "looked", left: [51] }, at);
  }
  assert.deepEqual(sent, ["SIGINT group 51", "SIGKILL group 51", "SIGKILL group 51"]);
  assert.deepEqual(words(tree.handle("a", { type: "looked", left: [] }, 400)), ["a spawn 1.5"]);
});

test("40: at the end of the tree all nodes are told at once", () => {
  const tree = running("a", "b", "c");
  const signals = words(tree.end(50)).filter((word) => word.startsWith("SIG"));
  assert.deepEqual(signals, ["SIGTERM 101", "SIGTERM 102", "SIGTERM 103"]);
});

/** Nodes with these names, the ids 1, 2, … and the pids 101, 102, … */
function running(...names: string[]): Tree {
  const tree = new Tree({ sigkill: true });
  for (const [index, name] of names.entries()) {
    tree.create({ id: index + 1, config: { name } }, 0);
    tree.handle(name, { type: "started", pid: index + 101, group: index + 101 }, 10);
  }
  return tree;
}

function exited(pid: number, exit = { code: 0 }, remains = false) {
  return { type: "exited", pid, exit, remains } as const;
}

function lastReport(effects: readonly TreeEffect[]) {
  return effects.filter((effect) => effect.type === "report").at(-1)?.report;
}

function words(effects: readonly TreeEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case "spawn":
        return `${effect.name} spawn ${effect.id}.${effect.generation}`;
      case "signal":
        return `${effect.signal} ${effect.pid}`;
      case "signalGroups":
        return `${effect.signal} group ${effect.groups}`;
      case "probe":
      case "check":
        return `${effect.name} ${effect.type} ${effect.pid}`;
      case "look":
        return `${effect.name} look ${effect.groups}`;
      case "report":
        return `${effect.report.name} ${effect.news.kind} ${effect.report.state}`;
      case "gone":
        return `${effect.name} gone ${effect.id}`;
      default:
        return effect satisfies never;
    }
  });
}

test("a node that was told to stop is stopped for the next Supervisor, whatever its predecessor does", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A }, 0);
  tree.destroy("a", 1);
  tree.create({ id: 2, config: A }, 2);
  tree.order("stop", "a", 1, 3);
  assert.deepEqual(
    tree.snapshot().nodes.map(({ report: { id }, stopped }) => ({ id, stopped })),
    [{ id: 2, stopped: true }],
  );
});

test("a snapshot says who wants a node, and whether it was told to stop, on its way there too", () => {
  const tree = new Tree({ sigkill: true });
  tree.create({ id: 1, config: A, origin: "remote" }, 0);
  tree.handle("a", { type: "started", pid: 101, group: 101 }, 1);
  const kept = () => tree.snapshot().nodes.map(({ origin, stopped }) => ({ origin, stopped }));
  assert.deepEqual(kept(), [{ origin: "remote", stopped: false }]);
  tree.order("stop", "a", 1, 2);
  assert.deepEqual(kept(), [{ origin: "remote", stopped: true }]);
  tree.handle("a", exited(101), 3);
  assert.deepEqual(kept(), [{ origin: "remote", stopped: true }]);
  tree.order("start", "a", 2, 4);
  assert.deepEqual(kept(), [{ origin: "remote", stopped: false }]);
});
