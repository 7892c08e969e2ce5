/** A roster that finds a Stem with nodes: what an earlier Supervisor has left is taken over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../../src/core/config.ts";
import type { NodeReport, Origin } from "../../../src/core/report.ts";
import type { RosterEffect } from "../../../src/supervisor/roster/effects.ts";
import { Roster, type RosterOptions } from "../../../src/supervisor/roster/roster.ts";

interface Left {
  config: NodeConfig;
  id: number;
  origin?: Origin;
  stopped?: boolean;
  report?: Partial<NodeReport>;
}

const NOW = 1_000;
const A: Left = { config: { name: "a" }, id: 5 };
const B: Left = { config: { name: "b", env: { V: "1" } }, id: 6 };
const R: Left = { config: { name: "r" }, id: 7, origin: "remote" };

function taken(left: Left[], options: RosterOptions = {}): Roster {
  const roster = new Roster(options);
  connect(roster, left);
  return roster;
}

function connect(roster: Roster, left: Left[]): RosterEffect[] {
  roster.connected();
  for (const one of left) {
    const { config, origin = "script", stopped = false } = one;
    roster.receive({ type: "node", config, report: reportOf(one), origin, stopped }, () => []);
  }
  return roster.receive({ type: "synced", ending: [], last: { id: 9, request: 4 } }, () => []);
}

function reportOf({ config, id, report, stopped }: Left): NodeReport {
  const process = stopped
    ? { state: "stopped" as const }
    : { state: "running" as const, pid: 100 + id };
  return { id, name: config.name, generation: 1, since: 7, ready: true, ...process, ...report };
}

function sent(effects: readonly RosterEffect[]) {
  return effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
}

function ready(roster: Roster, id: number, name: string): RosterEffect[] {
  const report: NodeReport = {
    id,
    name,
    state: "running",
    pid: 300 + id,
    generation: 2,
    since: 8,
    ready: true,
  };
  return roster.receive(
    { type: "report", report, news: { kind: "started", revived: false } },
    () => [],
  );
}

test("36: what a Stem has is known at once, and nothing is sent for it", () => {
  const roster = new Roster();
  assert.deepEqual(sent(connect(roster, [A, R])), []);
  assert.deepEqual(Object.keys(roster.wanted.status("")), ["a", "r"]);
  assert.equal(roster.wanted.statusOf("a")?.pid, 105);
});

test("a node that is wanted as it is keeps its process, and its creation is done at once", () => {
  const roster = taken([A]);
  const { how, id, effects } = roster.create({ name: "a" }, NOW);
  assert.deepEqual([how, id], ["kept", 5]);
  assert.deepEqual(
    effects.map(({ type }) => type),
    ["created"],
  );
  assert.deepEqual(roster.wanted.unclaimed(), []);
});

test("one that is wanted with another configuration is replaced, and counts its starts on", () => {
  const roster = taken([B]);
  const { how, effects } = roster.create({ name: "b", env: { V: "2" } }, NOW);
  assert.equal(how, "changed");
  assert.deepEqual(effects, [{ type: "roll" }]);
  const [end, start] = sent(roster.roll(NOW));
  assert.deepEqual(end, { type: "destroy", name: "b", id: 6 });
  assert.ok(start?.type === "create");
  assert.deepEqual([start.id, start.generation, start.fresh, start.stopped], [10, 1, false, false]);
  assert.deepEqual(start.config.env, { V: "2" });
  assert.deepEqual(
    ready(roster, 10, "b").map(({ type }) => type),
    ["news", "created", "roll"],
  );
  assert.deepEqual(
    roster.receive({ type: "gone", name: "b", id: 6 }, () => []),
    [],
  );
});

test("one that is replaced while the link breaks has begun when it has been started itself", () => {
  const roster = taken([A]);
  roster.create({ name: "a", env: { V: "2" } }, NOW);
  roster.roll(NOW);
  const begun = (generation: number): boolean => {
    roster.disconnected();
    const effects = connect(roster, [{ ...A, id: 10, report: { generation } }]);
    return effects.some(({ type }) => type === "created");
  };
  assert.equal(begun(1), false, "that was the start of the one before");
  assert.equal(begun(2), true);
});

test("with a width, each is ready before the next is replaced; the others keep what they have", () => {
  const left = [1, 2, 3].map((id) => ({ config: { name: `n${id}` }, id }));
  const roster = taken(left, { rolling: 1 });
  for (const { config } of left) roster.create({ ...config, env: { V: "2" } }, NOW);
  const named = (effects: RosterEffect[]) =>
    sent(effects).flatMap((message) => (message.type === "create" ? [message.config.name] : []));
  assert.deepEqual(named(roster.roll(NOW)), ["n1"]);
  assert.deepEqual(named(roster.roll(NOW)), []);
  const report: NodeReport = {
    id: 10,
    name: "n1",
    state: "running",
    pid: 3,
    generation: 2,
    since: 8,
    ready: false,
  };
  roster.receive({ type: "report", report, news: { kind: "started", revived: false } }, () => []);
  assert.deepEqual(named(roster.roll(NOW)), [], "it runs, but is not ready");
  assert.equal(roster.isRolled, false);
  assert.equal(roster.wanted.statusOf("n2")?.pid, 102);
  ready(roster, 10, "n1");
  assert.deepEqual(named(roster.roll(NOW)), ["n2"]);
});

test("a changed node that is destroyed before its turn has none, and nobody waits for it", () => {
  const left = [1, 2].map((id) => ({ config: { name: `n${id}` }, id }));
  const roster = taken(left, { rolling: 1 });
  const created = left.map(({ config }) => roster.create({ ...config, env: { V: "2" } }, NOW).id);
  roster.roll(NOW);
  const { effects } = roster.destroy("n2");
  const config = { name: "n2", env: { V: "2" } };
  assert.deepEqual(
    effects.filter(({ type }) => type === "created"),
    [
      {
        type: "created",
        id: created[1],
        status: { node: config, state: "stopped", generation: 1, since: 7 },
      },
    ],
  );
  assert.deepEqual(sent(effects), [{ type: "destroy", name: "n2", id: 2 }]);
  ready(roster, created[0]!, "n1");
  assert.deepEqual(roster.roll(NOW), []);
  assert.ok(roster.isRolled);
});

test("what no script asks for is named; what was created from afar is not", () => {
  const roster = taken([A, B, R]);
  roster.create({ name: "a" }, NOW);
  assert.deepEqual(roster.wanted.unclaimed(), ["b"]);
  roster.keepAll();
  assert.deepEqual(roster.wanted.unclaimed(), []);
});

test("a node that was stopped stays so, changed or not", () => {
  const roster = taken([
    { ...A, stopped: true },
    { ...B, stopped: true },
  ]);
  const kept = roster.create({ name: "a" }, NOW);
  assert.deepEqual(
    kept.effects.map(({ type }) => type),
    ["created"],
  );
  const { id } = roster.create({ name: "b" }, NOW);
  const effects = roster.roll(NOW);
  const [, start] = sent(effects);
  assert.ok(start?.type === "create" && start.stopped);
  assert.ok(effects.some((effect) => effect.type === "created" && effect.id === id));
  assert.ok(roster.isRolled, "it holds up no other");
});

test("no number is given again that an earlier Supervisor gave", () => {
  const roster = taken([A]);
  assert.equal(roster.create({ name: "new" }, NOW).id, 10);
  assert.equal(roster.order("restart", "a").request, 5);
});

test("a configuration that means the same is the same; who decides may say otherwise", () => {
  const same = taken([B]);
  assert.equal(same.create({ env: { V: "1" }, name: "b" }, NOW).how, "kept");
  const other = taken([B], { isSame: () => false });
  assert.equal(other.create({ env: { V: "1" }, name: "b" }, NOW).how, "changed");
});

test("what was missed is told as it was, and changes nothing", () => {
  const roster = taken([A]);
  const report: NodeReport = {
    id: 5,
    name: "a",
    state: "waiting",
    generation: 1,
    since: 6,
    lastExit: { code: 1, at: 6 },
  };
  const news = { kind: "exited", pid: 99, exit: { code: 1 }, premature: true } as const;
  const [told] = roster.receive({ type: "missed", report, news }, () => []);
  assert.ok(told?.type === "missed");
  assert.deepEqual([told.pid, told.status.lastExit?.code], [99, 1]);
  assert.equal(roster.wanted.statusOf("a")?.pid, 105);
});

test("36: after the first, a Stem's nodes that nobody wants are ended as ever", () => {
  const roster = taken([]);
  roster.disconnected();
  assert.deepEqual(sent(connect(roster, [A])), [{ type: "destroy", name: "a", id: 5 }]);
});

test("what is asked for is told as it changes, and what is only inherited is not", () => {
  const files = new Map<string, string | undefined>();
  const asked = {
    came: ({ name, stdoutFile }: NodeConfig) => void files.set(name, stdoutFile),
    left: (name: string) => void files.delete(name),
  };
  const f = (name: string, stdoutFile: string): NodeConfig => ({ name, stdoutFile });
  const left = ["a", "b", "c"].map((name, i) => ({ config: f(name, `/${name}`), id: 5 + i }));
  const remote: Left = { config: f("r", "/r"), id: 8, origin: "remote" };
  const roster = taken([...left, remote], { asked, rolling: 1 });
  const told = () => Object.fromEntries(files);
  assert.deepEqual(told(), { r: "/r" });
  // Files change hands: from here on each has the one that it is to have, though neither is replaced yet.
  roster.create(f("a", "/b"), NOW);
  roster.create(f("b", "/a"), NOW);
  assert.deepEqual(told(), { r: "/r", a: "/b", b: "/a" });
  roster.roll(NOW);
  assert.deepEqual(told(), { r: "/r", a: "/b", b: "/a" });
  roster.keepAll();
  assert.deepEqual(told(), { r: "/r", a: "/b", b: "/a", c: "/c" });
  roster.destroy("b");
  roster.destroy("r");
  roster.create(f("n", "/n"), NOW);
  assert.deepEqual(told(), { a: "/b", c: "/c", n: "/n" });
});
