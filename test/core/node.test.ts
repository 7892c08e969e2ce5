/** Every cell of `step`: what each event does in each state, written out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { policyOf } from "../../src/core/config.ts";
import { type Event, type Rules, type State, wakeAt } from "../../src/core/life.ts";
import { step } from "../../src/core/node.ts";

const NOW = 10_000;
const policy = policyOf({ name: "n" });
const RULES: Rules = { ...policy, stop: { ...policy.stop, sigkill: true } };
const life = { generation: 2, revival: { attempts: 1 } };
const due = { shots: 1, next: NOW };
const later = { shots: 1, next: NOW + 500 };
const clearing = { tag: "clearing", life, groups: [7], inherited: false, looks: 0 } as const;

/** Several of a state where what comes after it, or the time, makes a difference. */
const STATES = {
  pending: { tag: "pending", life },
  starting: { tag: "starting", life, since: 9_000, revived: false, after: "run" },
  "starting, respawn": { tag: "starting", life, since: 9_000, revived: false, after: "respawn" },
  "starting, gone": { tag: "starting", life, since: 9_000, revived: false, after: "gone" },
  "starting, recreate": { tag: "starting", life, since: 9_000, revived: false, after: "recreate" },
  running: { tag: "running", life, pid: 7, since: 9_500 },
  "running, overdue": { tag: "running", life, pid: 7, since: 8_000 },
  waiting: { tag: "waiting", life, until: NOW + 500 },
  "waiting, due": { tag: "waiting", life, until: NOW },
  "stopping, respawn": { tag: "stopping", life, pid: 7, stop: later, after: "respawn" },
  "stopping, gone": { tag: "stopping", life, pid: 7, stop: later, after: "gone" },
  "stopping, due": { tag: "stopping", life, pid: 7, stop: due, after: "gone" },
  "clearing, respawn": { ...clearing, stop: later, lookAt: NOW + 5, after: "respawn" },
  "clearing, gone": { ...clearing, stop: later, lookAt: NOW + 5, after: "gone" },
  "clearing, stopped": { ...clearing, stop: later, lookAt: NOW + 5, after: "stopped" },
  "clearing, revival": { ...clearing, stop: later, lookAt: NOW, after: { reviveAt: NOW + 9 } },
  "clearing, revival due": { ...clearing, stop: due, lookAt: NOW + 5, after: { reviveAt: NOW } },
  "clearing, all due": { ...clearing, stop: due, lookAt: NOW, after: "gone" },
  stopped: { tag: "stopped", life },
  gone: { tag: "gone" },
} as const satisfies Record<string, State>;

const EVENTS = {
  create: { type: "create", generation: 5, previous: [] },
  "create after others": { type: "create", generation: 5, previous: [3, 4] },
  restart: { type: "restart" },
  destroy: { type: "destroy" },
  started: { type: "started", pid: 8 },
  failed: { type: "failed" },
  exited: { type: "exited", pid: 7, exit: { code: 0 }, remains: false },
  "exited, others left": { type: "exited", pid: 7, exit: { code: 0 }, remains: true },
  "exited, another": { type: "exited", pid: 99, exit: { code: 0 }, remains: true },
  "looked, empty": { type: "looked", left: [] },
  "looked, not empty": { type: "looked", left: [7] },
  wake: { type: "wake" },
} as const satisfies Record<string, Event>;

type Cells = Record<keyof typeof EVENTS, string>;

/** `-`: nothing changes and nothing is done. `!`: an exit that nobody asked for. */
const TABLE: Record<keyof typeof STATES, Cells> = {
  pending: {
    create: "starting:run spawn",
    "create after others": "clearing:respawn TERM[3,4] changed",
    restart: "starting:run spawn",
    destroy: "gone gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  starting: {
    create: "-",
    "create after others": "-",
    restart: "starting:respawn",
    destroy: "starting:gone",
    started: "running started",
    failed: "waiting failed",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "starting, respawn": {
    create: "-",
    "create after others": "-",
    restart: "starting:respawn",
    destroy: "starting:gone",
    started: "stopping:respawn started TERM(8) changed",
    failed: "starting:run failed spawn",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "starting, gone": {
    create: "starting:recreate",
    "create after others": "starting:recreate",
    restart: "-",
    destroy: "starting:gone",
    started: "stopping:gone started TERM(8) changed",
    failed: "gone gone",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "starting, recreate": {
    create: "-",
    "create after others": "-",
    restart: "-",
    destroy: "starting:gone",
    started: "stopping:respawn TERM(8) changed",
    failed: "starting:run spawn",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  running: {
    create: "-",
    "create after others": "-",
    restart: "stopping:respawn TERM(7) changed",
    destroy: "stopping:gone TERM(7) changed",
    started: "-",
    failed: "-",
    exited: "waiting exited! changed",
    "exited, others left": "clearing:revival exited! TERM[7] changed",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "running, overdue": {
    create: "-",
    "create after others": "-",
    restart: "stopping:respawn TERM(7) changed",
    destroy: "stopping:gone TERM(7) changed",
    started: "-",
    failed: "-",
    exited: "starting:run exited! spawn",
    "exited, others left": "clearing:revival exited! TERM[7] changed",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  waiting: {
    create: "-",
    "create after others": "-",
    restart: "starting:run spawn",
    destroy: "gone gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "waiting, due": {
    create: "-",
    "create after others": "-",
    restart: "starting:run spawn",
    destroy: "gone gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "starting:run spawn",
  },
  "stopping, respawn": {
    create: "-",
    "create after others": "-",
    restart: "-",
    destroy: "stopping:gone",
    started: "-",
    failed: "-",
    exited: "starting:run exited spawn",
    "exited, others left": "clearing:respawn exited TERM[7] changed",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "stopping, gone": {
    create: "stopping:respawn changed",
    "create after others": "stopping:respawn changed",
    restart: "-",
    destroy: "stopping:gone",
    started: "-",
    failed: "-",
    exited: "gone exited gone",
    "exited, others left": "clearing:gone exited TERM[7] changed",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  "stopping, due": {
    create: "stopping:respawn changed",
    "create after others": "stopping:respawn changed",
    restart: "-",
    destroy: "stopping:gone",
    started: "-",
    failed: "-",
    exited: "gone exited gone",
    "exited, others left": "clearing:gone exited TERM[7] changed",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "stopping:gone TERM(7)",
  },
  "clearing, respawn": {
    create: "-",
    "create after others": "-",
    restart: "clearing:respawn",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "starting:run spawn",
    "looked, not empty": "clearing:respawn",
    wake: "-",
  },
  "clearing, gone": {
    create: "clearing:respawn changed",
    "create after others": "clearing:respawn changed",
    restart: "-",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "gone gone",
    "looked, not empty": "clearing:gone",
    wake: "-",
  },
  "clearing, stopped": {
    create: "-",
    "create after others": "-",
    restart: "clearing:respawn",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "stopped changed",
    "looked, not empty": "clearing:stopped",
    wake: "-",
  },
  "clearing, revival": {
    create: "-",
    "create after others": "-",
    restart: "clearing:respawn",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "waiting changed",
    "looked, not empty": "clearing:revival",
    wake: "clearing:revival look[7]",
  },
  "clearing, revival due": {
    create: "-",
    "create after others": "-",
    restart: "clearing:respawn",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "starting:run spawn",
    "looked, not empty": "clearing:revival",
    wake: "clearing:revival KILL[7]",
  },
  "clearing, all due": {
    create: "clearing:respawn changed",
    "create after others": "clearing:respawn changed",
    restart: "-",
    destroy: "clearing:gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "gone gone",
    "looked, not empty": "clearing:gone",
    wake: "clearing:gone KILL[7] look[7]",
  },
  stopped: {
    create: "-",
    "create after others": "-",
    restart: "starting:run spawn",
    destroy: "gone gone",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
  gone: {
    create: "starting:run spawn",
    "create after others": "clearing:respawn TERM[3,4] changed",
    restart: "-",
    destroy: "-",
    started: "-",
    failed: "-",
    exited: "-",
    "exited, others left": "-",
    "exited, another": "-",
    "looked, empty": "-",
    "looked, not empty": "-",
    wake: "-",
  },
};

test("31, 40, 42: every event in every state does what the table says", () => {
  for (const [name, state] of Object.entries(STATES)) {
    for (const [event, fact] of Object.entries(EVENTS)) {
      const expected = TABLE[name as keyof typeof STATES][event as keyof Cells];
      assert.equal(outcome(state, fact), expected, `${event} in ${name}`);
    }
  }
});

test("31, 40, 42: the table has every state and every event, and no others", () => {
  const tags: Record<State["tag"], true> = {
    pending: true,
    starting: true,
    running: true,
    waiting: true,
    stopping: true,
    clearing: true,
    stopped: true,
    gone: true,
  };
  const types: Record<Event["type"], true> = {
    create: true,
    restart: true,
    destroy: true,
    started: true,
    failed: true,
    exited: true,
    looked: true,
    wake: true,
  };
  assert.deepEqual(new Set(Object.values(STATES).map(({ tag }) => tag)), keysOf(tags));
  assert.deepEqual(new Set(Object.values(EVENTS).map(({ type }) => type)), keysOf(types));
  assert.deepEqual(keysOf(TABLE), keysOf(STATES));
  for (const row of Object.values(TABLE)) assert.deepEqual(keysOf(row), keysOf(EVENTS));
});

test("31: a step changes nothing of what it is given", () => {
  for (const state of Object.values(STATES)) {
    for (const event of Object.values(EVENTS)) {
      const [stateBefore, eventBefore] = [structuredClone(state), structuredClone(event)];
      step(state, event, NOW, RULES);
      assert.deepEqual(state, stateBefore);
      assert.deepEqual(event, eventBefore);
    }
  }
});

test("40: every state that waits for time says until when, and no other does", () => {
  const waits = Object.entries(STATES).map(([name, state]) => [name, wakeAt(state)] as const);
  assert.deepEqual(
    waits.filter(([, at]) => at !== undefined),
    [
      ["waiting", NOW + 500],
      ["waiting, due", NOW],
      ["stopping, respawn", NOW + 500],
      ["stopping, gone", NOW + 500],
      ["stopping, due", NOW],
      ["clearing, respawn", NOW + 5],
      ["clearing, gone", NOW + 5],
      ["clearing, stopped", NOW + 5],
      ["clearing, revival", NOW],
      ["clearing, revival due", NOW],
      ["clearing, all due", NOW],
    ],
  );
});

/** The next state and the effects of a cell, in the table's words. */
function outcome(state: State, event: Event): string {
  const { state: next, effects } = step(state, event, NOW, RULES);
  if (next === state && effects.length === 0) return "-";
  const words = effects.map((effect) => {
    switch (effect.type) {
      case "spawn":
        return "spawn";
      case "signal":
        return `${effect.signal.slice(3)}(${effect.pid})`;
      case "signalGroups":
        return `${effect.signal.slice(3)}[${effect.groups}]`;
      case "look":
        return `look[${effect.groups}]`;
      case "report": {
        const { news } = effect;
        return news.kind === "exited" && news.premature ? "exited!" : news.kind;
      }
      default:
        return effect satisfies never;
    }
  });
  return [tagOf(next), ...words].join(" ");
}

function tagOf(state: State): string {
  if (!("after" in state)) return state.tag;
  return `${state.tag}:${typeof state.after === "string" ? state.after : "revival"}`;
}

function keysOf(value: object): Set<string> {
  return new Set(Object.keys(value));
}
