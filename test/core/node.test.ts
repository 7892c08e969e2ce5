/** Every cell of `step`: what each event does in each state, written out in `node-table.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Health } from "../../src/core/checking.ts";
import { policyOf } from "../../src/core/config.ts";
import { type Event, type Rules, type State, wakeAt } from "../../src/core/life.ts";
import { step } from "../../src/core/node.ts";
import { EVENT_TYPES } from "./event-types.ts";
import { type Cells, EVENTS, NOW, STATES, TABLE } from "./node-table.ts";

const policy = policyOf({ name: "n" });
const RULES: Rules = {
  ...policy,
  stop: { ...policy.stop, sigkill: true },
  ready: { kind: "started" },
  health: { what: "port 80", interval: 100, failures: 2, first: 150 },
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
    held: true,
    stopping: true,
    clearing: true,
    stopped: true,
    gone: true,
  };
  assert.deepEqual(new Set(Object.values(STATES).map(({ tag }) => tag)), keysOf(tags));
  assert.deepEqual(new Set(Object.values(EVENTS).map(({ type }) => type)), keysOf(EVENT_TYPES));
  assert.deepEqual(keysOf(TABLE), keysOf(STATES));
  for (const row of Object.values(TABLE)) assert.deepEqual(keysOf(row), keysOf(EVENTS));
});

const FREE = { now: NOW, rules: RULES, others: { mayStart: true, mayEnd: true } };

test("why a node is ended is known until it has, also if others have to end before", () => {
  const { state } = step(STATES["held, revival"], EVENTS.go, FREE);
  assert.ok(state.tag === "stopping");
  assert.equal(state.unhealthy, STATES["held, revival"].unhealthy);
});

test("42: looks whether a group is empty thin out, and only what is left is signalled", () => {
  const before = { ...STATES["clearing, respawn"], groups: [7, 8], looks: 2 };
  const { state } = step(before, { type: "looked", left: [8] }, FREE);
  assert.deepEqual(state, { ...before, groups: [8], looks: 3, lookAt: NOW + 20 });
});

test("what is found out about another process says nothing of this one", () => {
  const state = STATES["running, looking"];
  const { state: next } = step(state, { type: "probed", pid: 99, isReady: true }, FREE);
  assert.equal(next, state);
});

test("31: a step changes nothing of what it is given", () => {
  for (const state of Object.values(STATES)) {
    for (const event of Object.values(EVENTS)) {
      const [stateBefore, eventBefore] = [structuredClone(state), structuredClone(event)];
      step(state, event, FREE);
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
      ["running, unseen", NOW + 20],
      ["running, unseen, due", NOW],
      ["running, check due", NOW],
      ["waiting", NOW + 500],
      ["waiting, due", NOW],
      ["stopping, respawn", NOW + 500],
      ["stopping, stopped", NOW + 500],
      ["stopping, gone", NOW + 500],
      ["stopping, due", NOW],
      ["stopping, revival", NOW + 500],
      ["stopping, failed", NOW + 500],
      ["clearing, respawn", NOW + 5],
      ["clearing, stopped", NOW + 5],
      ["clearing, gone", NOW + 5],
      ["clearing, failed", NOW + 5],
      ["clearing, revival", NOW],
      ["clearing, revival due", NOW],
      ["clearing, all due", NOW],
    ],
  );
});

/** The next state and the effects of a cell, in the table's words. */
function outcome(state: State, event: Event): string {
  const [free, forbidden] = [outcomeIf(state, event, true), outcomeIf(state, event, false)];
  return free === forbidden ? free : `${free} / ${forbidden}`;
}

function outcomeIf(state: State, event: Event, isAllowed: boolean): string {
  const others = { mayStart: isAllowed, mayEnd: isAllowed };
  const { state: next, effects } = step(state, event, { now: NOW, rules: RULES, others });
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
      case "probe":
      case "check":
        return `${effect.type}(${effect.pid})`;
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
  if (state.tag === "stopped") return `stopped:${state.why}`;
  if (state.tag === "running") return `running:${state.readiness.tag}${healthOf(state.health)}`;
  if (!("after" in state)) return state.tag;
  if (typeof state.after === "string") return `${state.tag}:${state.after}`;
  return `${state.tag}:${"stopped" in state.after ? state.after.stopped : "revival"}`;
}

function healthOf(health: Health): string {
  if (health.tag === "unchecked") return "";
  const failures = health.trouble?.failures;
  return failures === undefined ? `:${health.tag}` : `:${health.tag}(${failures})`;
}

function keysOf(value: object): Set<string> {
  return new Set(Object.keys(value));
}
