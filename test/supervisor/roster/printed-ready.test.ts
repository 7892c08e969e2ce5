/** A line by which a node is ready may be read while the Stem cannot be told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeReport } from "../../../src/core/report.ts";
import type { RosterEffect } from "../../../src/supervisor/roster/effects.ts";
import { Roster } from "../../../src/supervisor/roster/roster.ts";

const config = { name: "a", ready: { line: "ready" } };
const running: NodeReport = {
  id: 1,
  name: "a",
  state: "running",
  generation: 1,
  since: 0,
  pid: 101,
  ready: false,
};

for (const when of ["before the link breaks", "while it is down", "before the Stem has said all"]) {
  test(`a node's printed word that it is ready is not lost: read ${when}`, () => {
    const roster = new Roster();
    roster.create(config, 0);
    introduce(roster);
    if (when === "before the link breaks") roster.printedReady("a", 101);
    roster.disconnected();
    if (when === "while it is down") roster.printedReady("a", 101);
    roster.connected();
    if (when === "before the Stem has said all") roster.printedReady("a", 101);
    assert.deepEqual(introduce(roster, running), ["ready 101"]);
    assert.deepEqual(introduce(roster, { ...running, ready: true }), []);
    assert.deepEqual(introduce(roster, { ...running, pid: 102 }), []);
  });
}

test("what an earlier process has printed, and is read late, does not stand in for the present one's word", () => {
  const roster = new Roster();
  roster.create(config, 0);
  introduce(roster);
  roster.disconnected();
  for (const pid of [101, 99]) roster.printedReady("a", pid);
  assert.deepEqual(introduce(roster, running), ["ready 101"]);
});

test("what a process has printed before its start is heard of is not lost either", () => {
  const roster = new Roster();
  roster.create(config, 0);
  roster.connected();
  roster.printedReady("a", 102);
  introduce(roster, running);
  const report = { ...running, generation: 2, pid: 102 };
  const news = { kind: "started", revived: true } as const;
  assert.deepEqual(ready(roster.receive({ type: "report", report, news }, () => [])), [
    "ready 102",
  ]);
});

for (const when of ["told, and not heard", "read while the link is down"]) {
  test(`the next Supervisor tells again what this one has read: ${when}`, () => {
    const roster = new Roster();
    roster.create(config, 0);
    introduce(roster, { ...running, pid: 100, ready: true });
    introduce(roster, running);
    if (when === "told, and not heard") roster.printedReady("a", 101);
    roster.disconnected();
    if (when === "read while the link is down") roster.printedReady("a", 101);
    const printedReady = roster.printedAndUnheard();
    assert.deepEqual(printedReady, [{ id: 1, pids: [101] }]);
    const next = new Roster({ printedReady });
    assert.deepEqual(introduce(next, running), ["ready 101"]);
    assert.deepEqual(next.printedAndUnheard(), printedReady);
    // And what it takes over of another node, or process, is none of that.
    assert.deepEqual(introduce(new Roster({ printedReady }), { ...running, pid: 102 }), []);
    assert.deepEqual(introduce(new Roster({ printedReady }), { ...running, id: 2 }), []);
  });
}

test("what the Stem has heard of is not left to the next Supervisor", () => {
  const roster = new Roster();
  roster.create(config, 0);
  introduce(roster, running);
  roster.printedReady("a", 101);
  const report = { ...running, ready: true };
  roster.receive({ type: "report", report, news: { kind: "changed" } }, () => []);
  assert.deepEqual(roster.printedAndUnheard(), []);
});

/** A Stem says what it has. @returns what it is told then */
function introduce(roster: Roster, report?: NodeReport): string[] {
  roster.connected();
  const strays = () => [];
  if (report !== undefined)
    roster.receive({ type: "node", config, origin: "script", stopped: false, report }, strays);
  const last = { id: 1, request: 0 };
  return ready(roster.receive({ type: "synced", ending: [], last }, strays));
}

function ready(effects: readonly RosterEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.type !== "send") return [];
    const { message } = effect;
    return message.type === "ready" ? [`ready ${message.pid}`] : [];
  });
}
