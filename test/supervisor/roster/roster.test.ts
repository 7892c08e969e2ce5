/** Rare turns of the simulation's stories, told one by one: what the Supervisor makes of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeReport } from "../../../src/core/report.ts";
import type { RosterEffect } from "../../../src/supervisor/roster/effects.ts";
import type { Stray } from "../../../src/supervisor/roster/reconcile.ts";
import { Roster } from "../../../src/supervisor/roster/roster.ts";

const report: NodeReport = {
  id: 1,
  name: "a",
  state: "running",
  generation: 1,
  since: 0,
  pid: 101,
  startTime: 5,
};
const started = { type: "report", report, news: { kind: "started", revived: false } } as const;
const process = { pid: 101, startTime: 5 };

test("36: the late word of a Stem that is given up changes nothing", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.stemDied(1);
  assert.deepEqual(
    roster.receive(started, () => []),
    [],
  );
  assert.equal(roster.wanted.status("a")["a"]?.state, "pending");
});

test("36: a new Stem is told what may still live, as often as it takes", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.receive(started, () => []);
  roster.stemDied(1);
  for (let stem = 0; stem < 3; stem++) {
    const [created] = sent(connect(roster));
    assert.ok(created?.type === "create");
    assert.deepEqual(created.previous, [process]);
    roster.disconnected();
  }
});

test("27: the end of a destroyed node is told, though its name is another's by then", () => {
  const roster = linked();
  const config = { name: "a" };
  roster.create(config, 0);
  roster.receive(started, () => []);
  roster.destroy("a");
  roster.create({ name: "a" }, 1);
  const { pid: _pid, startTime: _startTime, ...gone } = report;
  const news = { kind: "exited", pid: 101, exit: { code: 0 }, premature: false } as const;
  const lastExit = { code: 0, at: 2 };
  const effects = roster.receive(
    { type: "report", report: { ...gone, state: "pending", lastExit }, news },
    () => [],
  );
  assert.deepEqual(
    effects.map((effect) => effect.type === "news" && [effect.news, effect.status.lastExit]),
    [[news, lastExit]],
  );
  assert.equal(roster.wanted.status("a")["a"]?.lastExit, undefined);
});

test("28: a restart that the Stem died of is answered by the new Stem's start", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.receive(started, () => []);
  const { request } = roster.order("restart", "a");
  roster.stemDied(1);
  connect(roster);
  const later = roster.order("restart", "a").request;
  const effects = roster.receive(started, () => []);
  assert.deepEqual(
    effects.filter(({ type }) => type === "answered"),
    [{ type: "answered", request, done: true }],
  );
  assert.notEqual(later, request);
});

test("27: the process of a node that the Stem has is not ended for a destroyed one of its name", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.destroy("a");
  const { id } = roster.create({ name: "a" }, 0);
  roster.disconnected();
  const stray = { name: "a", ...process };
  const effects = connect(roster, [stray], { ...report, id });
  assert.deepEqual(sent(effects), []);
  assert.deepEqual(
    effects.filter(({ type }) => type === "destroyed"),
    [{ type: "destroyed", id: 1, name: "a" }],
  );
});

test("27: a destroy waits for a process that only the process table knew of", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.stemDied(1);
  roster.destroy("a");
  const [end] = sent(connect(roster, [{ name: "a", ...process }]));
  assert.ok(end?.type === "end");
  assert.deepEqual([end.id, end.previous], [1, [process]]);
});

test("36: a stray is known by its start time, not by its number alone", () => {
  const roster = linked();
  roster.create({ name: "a" }, 0);
  roster.receive(started, () => []);
  roster.stemDied(1);
  const [created] = sent(connect(roster, [{ name: "a", pid: 101, startTime: 77 }]));
  assert.ok(created?.type === "create");
  assert.deepEqual(created.previous, [process, { pid: 101, startTime: 77 }]);
});

function linked(): Roster {
  const roster = new Roster();
  connect(roster);
  return roster;
}

/** A Stem connects, with these nodes or none. */
function connect(roster: Roster, strays: Stray[] = [], ...nodes: NodeReport[]): RosterEffect[] {
  roster.connected();
  for (const node of nodes)
    roster.receive(
      { type: "node", config: { name: node.name }, report: node, origin: "script", stopped: false },
      () => [],
    );
  return roster.receive({ type: "synced", ending: [], last: { id: 0, request: 0 } }, () => strays);
}

function sent(effects: readonly RosterEffect[]) {
  return effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
}

test("a change to the state that a node is in already is no news", () => {
  const roster = linked();
  const { id } = roster.create({ name: "a" }, 0);
  const changed = (state: "stopping" | "waiting") =>
    roster
      .receive(
        {
          type: "report",
          report: { ...report, id, state },
          news: { kind: "changed" },
        },
        () => [],
      )
      .filter(({ type }) => type === "news").length;
  assert.deepEqual([changed("stopping"), changed("stopping"), changed("waiting")], [1, 0, 1]);
});
