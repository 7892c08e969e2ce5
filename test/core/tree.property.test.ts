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

const action: fc.Arbitrary<Action> = fc.oneof(
  fc
    .record({ do: fc.constant("create" as const), name, order, policy, pick: fc.nat(11) })
    .map(({ do: act, name: one, order: own, policy: rest, pick }) => {
      const choices = AFTER[one] ?? [[]];
      const after = choices[pick % choices.length] ?? [];
      return { do: act, name: one, config: { ...rest, ...own, after } };
    }),
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
  fc.record({ do: fc.constant("clear" as const), name }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      time: fc.constantFrom(0, 1, 5, 50, 500, 1_000, 2_000, 31_000),
    }),
  },
);

test("27, 29, 31, 32, 40, 42: no order of events starts a node twice, loses one, or never ends", () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 20, maxLength: 150 }),
      fc.boolean(),
      (actions, isCalm) => {
        const model = new TreeModel();
        for (const one of actions) model.act(one);
        if (isCalm) model.calm();
        model.end();
      },
    ),
    { numRuns: 1_500 },
  );
});
