/** Long random lives of a tree: commands, deaths, failed starts, remains and time in any order. */
import { test } from "node:test";
import fc from "fast-check";
import type { NodeConfig } from "../../src/core/config.ts";
import { type Action, TreeModel } from "./tree-model.ts";

const name = fc.constantFrom("a", "b", "c");
const order = fc.constantFrom(
  {},
  { ready: { fd: 3 } },
  { ready: { fd: 3, timeout: 700 } },
  { ready: { file: "x" } },
  { ready: "started" },
  { ready: "started", afterTimeout: 0 },
  { afterTimeout: 900 },
) as fc.Arbitrary<Omit<NodeConfig, "name">>;

/** Mostly c comes after b and a, b after a. What would close a circle of wanted nodes is refused. */
const AFTER: Record<string, string[][]> = {
  a: [[], ["nobody"], [], ["b"]],
  b: [[], ["a"], ["c"]],
  c: [[], ["a"], ["b"], ["a", "b"]],
};

const policy = fc.constantFrom(
  {},
  {},
  { revival: { when: "failure" } },
  { revival: { when: "never" } },
  { revival: { limit: 1, delay: 50 } },
  { revival: { delay: 0 } },
  { revival: { delay: 10, factor: 3, attemptsPerDelay: 1, maxDelay: 500, resetAfter: 100 } },
  { stop: { attempts: 0, interval: 1 } },
  { stop: { signal: "SIGINT", interval: 7, attempts: 2 } },
) as fc.Arbitrary<Extract<Action, { do: "create" }>["config"]>;

const health = fc.constantFrom(
  {},
  {},
  { health: { http: 80, interval: 100, failures: 1 } },
  { health: { heartbeat: true, interval: 400, failures: 2 } },
) as fc.Arbitrary<Omit<NodeConfig, "name">>;

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ do: fc.constant("create" as const), name, order, policy, health, pick: fc.nat(11) })
      .map(({ do: act, name: one, order: own, policy: rest, health: check, pick }) => {
        const choices = AFTER[one] ?? [[]];
        const after = choices[pick % choices.length] ?? [];
        return { do: act, name: one, config: { ...rest, ...own, ...check, after } };
      }),
  },
  fc.record({ do: fc.constant("destroy" as const), name }),
  fc.record({ do: fc.constantFrom("restart" as const, "stop" as const, "start" as const), name }),
  fc.record({
    do: fc.constant("die" as const),
    name,
    remains: fc.boolean(),
    code: fc.constantFrom(0, 1),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("begin" as const), name, works: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("say" as const, "see" as const),
      name,
      isReady: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant("check" as const), name, isWell: fc.boolean() }),
  fc.record({ do: fc.constant("clear" as const), name }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      time: fc.constantFrom(0, 1, 5, 50, 500, 1_000, 2_000, 31_000),
    }),
  },
);

/** A node that becomes ready, and fails its checks: by chance alone this would hardly ever come. */
const illness: fc.Arbitrary<Action[]> = name.map((one) => [
  { do: "begin", name: one, works: true },
  { do: "say", name: one, isReady: true },
  { do: "see", name: one, isReady: true },
  { do: "pass", time: 1_000 },
  { do: "check", name: one, isWell: false },
  { do: "pass", time: 400 },
  { do: "check", name: one, isWell: false },
]);

const actions: fc.Arbitrary<Action[]> = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: action.map((one) => [one]) },
      { weight: 1, arbitrary: illness },
    ),
    { minLength: 20, maxLength: 150 },
  )
  .map((parts) => parts.flat());

test("27, 29, 31, 32, 40, 42: no order of events starts a node twice, loses one, or never ends", () => {
  fc.assert(
    fc.property(actions, fc.boolean(), (some, isCalm) => {
      const model = new TreeModel();
      for (const one of some) model.act(one);
      if (isCalm) model.calm();
      model.end();
    }),
    { numRuns: 900 },
  );
});
