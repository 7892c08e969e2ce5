/** What a Stem makes of processes that an earlier one left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stem } from "../../src/stem/stem.ts";
import type { FromStem, Order } from "../../src/wire/stem-messages.ts";
import { VirtualClock } from "./clock.ts";

const config = { name: "a" };

test("36: a process that has another's number is left alone, and not waited for", () => {
  const { stem, signals, starts } = stemWith(new Map([[101, 77]]));
  const previous = [{ pid: 101, startTime: 5 }];
  stem.command({
    type: "create",
    id: 1,
    config,
    fresh: false,
    generation: 1,
    previous,
    stopped: false,
  });
  assert.deepEqual([signals, starts], [[], ["a"]]);
});

test("36: a process of an earlier Stem is ended, and its successor waits for it", () => {
  const { stem, signals, starts, clock, living } = stemWith(new Map([[101, 5]]));
  const previous = [{ pid: 101, startTime: 5 }];
  stem.command({
    type: "create",
    id: 1,
    config,
    fresh: false,
    generation: 1,
    previous,
    stopped: false,
  });
  assert.deepEqual([signals, starts], [["SIGTERM 101"], []]);
  living.clear();
  while (clock.step(200));
  assert.deepEqual(starts, ["a"]);
});

test("27: what is not wanted and has left nothing is gone at once", () => {
  const { stem, sent } = stemWith(new Map());
  stem.command({ type: "end", id: 1, config, previous: [{ pid: 101, startTime: 5 }] });
  assert.deepEqual(sent, [{ type: "gone", name: "a", id: 1 }]);
});

test("an effect that fails, against all promises, keeps no other from being done, nor what comes next", () => {
  const { stem, sent } = stemWith(new Map(), (name) => {
    if (name !== "node-3") throw new Error(name);
  });
  const create = (id: number): Order => ({
    type: "create",
    id,
    config: { name: `node-${id}` },
    fresh: true,
    generation: 0,
    previous: [],
    stopped: true,
  });
  assert.throws(() => stem.command({ type: "end", id: 1, config, previous: [] }), /^Error: a$/);
  for (const id of [2, 3]) stem.command(create(id));
  const reported = sent.flatMap((one) => (one.type === "report" ? one.report.name : []));
  assert.deepEqual(reported, ["node-2", "node-3"]);
  let hasEnded = false;
  const onEnd = () => {
    hasEnded = true;
  };
  assert.throws(() => stem.end(onEnd), /^Error: node-2$/);
  assert.deepEqual(sent.at(-1), { type: "gone", name: "node-3", id: 3 });
  assert.ok(hasEnded);
});

test("28: restarts that come together start what was stopped in its order", () => {
  const { stem, starts } = stemWith(new Map());
  const base = { fresh: true, generation: 0, previous: [], stopped: true };
  stem.command({ type: "create", id: 1, config, ...base });
  stem.command({ type: "create", id: 2, config: { name: "b", after: ["a"] }, ...base });
  const commands = ["b", "a"].map((name, request) => ({
    type: "restart" as const,
    name,
    id: name === "a" ? 1 : 2,
    request: request + 1,
  }));
  stem.command({ type: "together", commands });
  assert.deepEqual(starts, ["a"]);
});

test("a start that has not had its turn is of no use once its node is destroyed, or all are to end", () => {
  const { stem } = stemWith(new Map());
  const base = {
    fresh: true,
    generation: 0,
    previous: [],
    stopped: false,
    origin: "script" as const,
  };
  for (const [i, name] of ["a", "b", "c"].entries())
    stem.command({ type: "create", id: i, config: { name }, ...base });
  assert.deepEqual(
    ["a", "b", "c"].map((name) => stem.isOfUse(name)),
    [true, true, true],
  );
  stem.command({ type: "destroy", name: "a", id: 0 });
  // The start under way is not that of the node which has the name now.
  stem.command({ type: "create", id: 3, config: { name: "a" }, ...base });
  stem.command({ type: "stop", name: "b", id: 1, request: 1 });
  assert.deepEqual(
    ["a", "b", "c"].map((name) => stem.isOfUse(name)),
    [false, true, true],
  );
  stem.end(() => {});
  assert.deepEqual(
    ["a", "b", "c"].map((name) => stem.isOfUse(name)),
    [false, false, false],
  );
});

/** @param living pids, each a group, and their start times */
function stemWith(living: Map<number, number>, forget: (name: string) => void = () => {}) {
  const clock = new VirtualClock();
  const [signals, starts, sent] = [[] as string[], [] as string[], [] as FromStem[]];
  const stem = new Stem(
    {
      clock,
      start: ({ config: { name } }) => void starts.push(name),
      probe: () => {},
      check: () => {},
      ended: () => {},
      signal: (pid, signal) => void signals.push(`${signal} ${pid}`),
      signalGroup: (group, signal) => void signals.push(`${signal} ${group}`),
      living: (groups) => groups.filter((group) => living.has(group)),
      hasMembers: (group) => living.has(group),
      startTime: (pid) => living.get(pid),
      send: (message) => sent.push(message) > 0,
      forget,
    },
    { sigkill: true },
  );
  return { stem, signals, starts, sent, clock, living };
}
