/** Points 40 and 42: how a process, and what is left of its group, is made to end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { policyOf, type StopPolicy } from "../../src/core/config.ts";
import { type Event, type Rules, type State, wakeAt } from "../../src/core/life.ts";
import { step } from "../../src/core/node.ts";
import { forRemains, lookAgainAfter, nextSignal, type StopRules } from "../../src/core/stopping.ts";

test("40: SIGTERM every 2 s, 13 times, then SIGKILL every 2 s", () => {
  const expected = [...Array(13).fill("SIGTERM"), "SIGKILL", "SIGKILL", "SIGKILL"];
  assert.deepEqual(signalsOfStop(rules(), 16), timed(expected, 2_000));
});

test("40: without SIGKILL, SIGTERM for ever", () => {
  assert.deepEqual(signalsOfStop(rules({}, false), 40), timed(Array(40).fill("SIGTERM"), 2_000));
});

test("40: signal, interval and attempts are the node's own", () => {
  const own = rules({ signal: "SIGINT", interval: 100, attempts: 2 });
  assert.deepEqual(signalsOfStop(own, 4), timed(["SIGINT", "SIGINT", "SIGKILL", "SIGKILL"], 100));
  assert.deepEqual(signalsOfStop(rules({ attempts: 0 }), 2), timed(["SIGKILL", "SIGKILL"], 2_000));
});

test("40: a late wake-up does not make up for the signals that were missed", () => {
  const { stop } = nextSignal(3, 50_000, rules().stop);
  assert.deepEqual(stop, { shots: 4, next: 52_000 });
});

test("42: what is left of a group gets SIGTERM once, then SIGKILL", () => {
  const running: State = RUNNING;
  const death: Event = { type: "exited", pid: 7, exit: { code: 0 }, remains: true };
  const after = { ...rules({ signal: "SIGINT" }) };
  let { state, effects } = stepAt(running, death, 0, after);
  const sent = effects.filter((effect) => effect.type === "signalGroups");
  for (let at = wakeAt(state)!; sent.length < 3; at = wakeAt(state)!) {
    ({ state, effects } = stepAt(state, { type: "wake" }, at, after));
    sent.push(...effects.filter((effect) => effect.type === "signalGroups"));
    if (effects.some(({ type }) => type === "look"))
      ({ state } = stepAt(state, { type: "looked", left: [7] }, at, after));
  }
  assert.deepEqual(
    sent.map(({ signal, groups }) => [signal, groups]),
    [
      ["SIGTERM", [7]],
      ["SIGKILL", [7]],
      ["SIGKILL", [7]],
    ],
  );
  assert.equal(forRemains(rules({}, false).stop).sigkill, false);
});

test("42: a group is looked at within 100 ms of its end, however fast signals follow", () => {
  for (const interval of [1, 4, 5, 6, 100, 2_000]) {
    const own = rules({ interval });
    const running: State = RUNNING;
    const death: Event = { type: "exited", pid: 7, exit: { code: 0 }, remains: true };
    let { state } = stepAt(running, death, 0, own);
    let lastLook = 0;
    for (let at = wakeAt(state)!; at < 5_000; at = wakeAt(state)!) {
      const woken = stepAt(state, { type: "wake" }, at, own);
      state = woken.state;
      if (!woken.effects.some(({ type }) => type === "look")) continue;
      ({ state } = stepAt(state, { type: "looked", left: [7] }, at, own));
      assert.ok(at - lastLook <= 100, `interval ${interval}: no look from ${lastLook} to ${at}`);
      lastLook = at;
    }
    assert.ok(lastLook > 4_800, `interval ${interval}: looks until the end`);
  }
});

test("42: what is left of a group gets no SIGTERM either if the node is to get none", () => {
  assert.equal(nextSignal(0, 0, forRemains(rules({ attempts: 0 }).stop)).signal, "SIGKILL");
  assert.equal(nextSignal(0, 0, forRemains(rules({ attempts: 9 }).stop)).signal, "SIGTERM");
  assert.equal(nextSignal(1, 0, forRemains(rules({ attempts: 9 }).stop)).signal, "SIGKILL");
});

test("42: looks start close together and thin out", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 50].map((looks) => lookAgainAfter(looks)),
    [5, 10, 20, 40, 80, 100, 100],
  );
});

const RUNNING: State = {
  tag: "running",
  life: { generation: 1, revival: { attempts: 0 } },
  pid: 7,
  group: 7,
  since: 0,
  readiness: { tag: "ready" },
  health: { tag: "unchecked" },
};
const NOBODY = { mayStart: true, mayEnd: true };

function stepAt(state: State, event: Event, now: number, own: Rules) {
  return step(state, event, { now, rules: own, others: NOBODY });
}

function rules(own: Partial<StopPolicy> = {}, sigkill = true): Rules & { stop: StopRules } {
  const policy = policyOf({ name: "n", stop: own });
  return { ...policy, stop: { ...policy.stop, sigkill }, ready: { kind: "started" } };
}

/** The signals to a process that never ends, and when they are sent. */
function signalsOfStop(own: Rules, count: number): [number, string][] {
  const sent: [number, string][] = [];
  const running: State = RUNNING;
  let { state, effects } = stepAt(running, { type: "destroy" }, 0, own);
  for (let at = 0; ; at = wakeAt(state)!) {
    if (at > 0) ({ state, effects } = stepAt(state, { type: "wake" }, at, own));
    for (const effect of effects) if (effect.type === "signal") sent.push([at, effect.signal]);
    if (sent.length >= count) return sent;
  }
}

function timed(signals: string[], interval: number): [number, string][] {
  return signals.map((signal, index) => [index * interval, signal]);
}
