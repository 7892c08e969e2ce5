/** Order: who comes after whom, circles, and sorting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NodeConfig, Role } from "../../src/core/config.ts";
import { circleThrough, inEndOrder, inStartOrder, predecessorsOf } from "../../src/core/order.ts";

const ROLES = { w: "WORKER", p: "PROXY", m: "MANAGER", l: "LOGGER", n: "NONE" } as const;
const cluster = Object.fromEntries(
  Object.entries(ROLES).map(([name, role]) => [name, { role, host: "127.0.0.1", port: 1 }]),
);

test("40: a node of a cluster comes after those whose roles come first", () => {
  const names = (name: string) => predecessorsOf({ name, cluster }).names;
  assert.deepEqual([...names("w")].sort(), ["l", "m", "p"]);
  assert.deepEqual([...names("p")].sort(), ["l", "m"]);
  assert.deepEqual(names("m"), ["l"]);
  assert.deepEqual(names("l"), []);
  assert.deepEqual(names("n"), [], "a role that is none has no place");
  assert.deepEqual(names("stranger"), [], "nor has a node that is not in its layout");
});

test("what a configuration names replaces the order of roles, even if it names nobody", () => {
  assert.deepEqual(predecessorsOf({ name: "w", cluster, after: [] }), { names: [], isNamed: true });
  assert.deepEqual(predecessorsOf({ name: "w", after: ["b", "a", "b"] }).names, ["b", "a"]);
});

test("a circle is found and named, however long, and through roles too", () => {
  const known = new Map<string, NodeConfig>([
    ["a", { name: "a", after: ["b"] }],
    ["b", { name: "b", after: ["x", "c"] }],
    ["l", { name: "l", cluster, after: ["w"] }],
  ]);
  const circle = (config: NodeConfig) => circleThrough(config, (name) => known.get(name));
  assert.deepEqual(circle({ name: "c", after: ["a"] }), ["c", "a", "b", "c"]);
  assert.deepEqual(circle({ name: "self", after: ["self"] }), ["self", "self"]);
  assert.deepEqual(circle({ name: "w", cluster }), ["w", "l", "w"]);
  assert.equal(circle({ name: "d", after: ["a", "b", "nobody"] }), undefined);
});

test("nodes are sorted by what they come after, and stay as they were otherwise", () => {
  const configs: NodeConfig[] = [
    { name: "z" },
    { name: "c", after: ["b"] },
    { name: "y" },
    { name: "a" },
    { name: "b", after: ["a", "nobody"] },
    { name: "x" },
  ];
  const names = (sorted: NodeConfig[]) => sorted.map(({ name }) => name).join("");
  assert.equal(names(inStartOrder(configs, (one) => one)), "zabcyx");
  assert.equal(names(inEndOrder(configs, (one) => one)), "zcybax");
  const roles = ["w", "p", "n", "m", "l"].map((name) => ({ name, cluster }));
  assert.equal(names(inStartOrder(roles, (one) => one)), "lmpwn");
  assert.equal(names(inEndOrder(roles, (one) => one)), "wpnml");
});

test("no sorting loses a node, or puts one before what it comes after", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const config = (name: string, at: number) =>
    fc
      .subarray(names.slice(0, at))
      .map((after): NodeConfig => (after.length === 0 ? { name } : { name, after }));
  const configs = fc.tuple(...names.map(config)).chain((all) => fc.shuffledSubarray(all));
  fc.assert(
    fc.property(configs, (all) => {
      for (const [sort, isFirst] of [
        [inStartOrder, (a: number, b: number) => a < b],
        [inEndOrder, (a: number, b: number) => a > b],
      ] as const) {
        const sorted = sort(all, (one) => one);
        assert.deepEqual([...sorted].sort(byName), [...all].sort(byName));
        for (const [at, { after = [] }] of sorted.entries()) {
          for (const name of after) {
            const other = sorted.findIndex((one) => one.name === name);
            assert.ok(other < 0 || isFirst(other, at));
          }
        }
      }
    }),
  );
});

function byName(a: NodeConfig, b: NodeConfig): number {
  return a.name < b.name ? -1 : 1;
}

test("every role but NONE has its place", () => {
  const roles: Role[] = ["LOGGER", "MANAGER", "PROXY", "WORKER"];
  for (const [at, role] of roles.entries()) {
    const layout = Object.fromEntries(
      roles.map((one) => [one, { role: one, host: "::1", port: 1 }]),
    );
    assert.deepEqual(predecessorsOf({ name: role, cluster: layout }).names, roles.slice(0, at));
  }
});
