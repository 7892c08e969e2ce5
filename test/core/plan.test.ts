/** What a reload would change, and why. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import { changedFields, isSameConfig } from "../../src/core/difference.ts";
import { isIdle, type Plan, planOf } from "../../src/core/plan.ts";

const script = (config: NodeConfig) => ({ config, origin: "script" as const });
const remote = (config: NodeConfig) => ({ config, origin: "remote" as const });

test("what is as it was is kept, and needs nothing", () => {
  const changes = planOf([script({ name: "a" })], [{ name: "a" }]);
  assert.deepEqual(changes, [{ node: "a", action: "keep", why: "its configuration is the same" }]);
  assert.ok(isIdle(changes));
});

test("what ends comes before what starts, and each has its reason", () => {
  const present = [
    script({ name: "old" }),
    script({ name: "web", env: { A: "1" } }),
    script({ name: "same" }),
  ];
  const wanted = [{ name: "new" }, { name: "web", env: { A: "2" } }, { name: "same" }];
  const changes = planOf(present, wanted);
  assert.deepEqual(changes, [
    { node: "old", action: "stop", why: "the scripts no longer create it" },
    { node: "web", action: "restart", why: "env.A has changed" },
    { node: "new", action: "start", why: "the scripts create it now" },
    { node: "same", action: "keep", why: "its configuration is the same" },
  ] satisfies Plan["changes"]);
  assert.ok(!isIdle(changes));
});

test("a node created by remote control stays, whatever the scripts want", () => {
  const [change] = planOf([remote({ name: "r" })], []);
  assert.equal(change?.action, "keep");
  assert.match(change?.why ?? "", /remote control/);
});

test("fields are named as people write them, two levels deep", () => {
  const before: NodeConfig = {
    name: "a",
    command: ["x"],
    env: { A: "1", B: "2" },
    stop: { interval: 5 },
  };
  const after: NodeConfig = {
    name: "a",
    command: ["y"],
    env: { A: "1", C: "3" },
    interface: "eth0",
  };
  const changed = ["command", "env.B", "env.C", "interface", "stop"];
  assert.deepEqual(changedFields(before, after), changed);
  assert.deepEqual(changedFields(after, before), changed);
});

test("many fields are counted, not listed", () => {
  const env = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`V${i}`, "x"]));
  const [change] = planOf([script({ name: "a" })], [{ name: "a", env }]);
  assert.equal(change?.why, "env has changed");
  const [other] = planOf([script({ name: "a", env: { Z: "" } })], [{ name: "a", env }]);
  assert.equal(other?.why, "env.V0, env.V1, env.V2, env.V3, env.V4 and 5 more have changed");
});

test("the order of fields means nothing, that of a list does; names may be JavaScript's own words", () => {
  const a = JSON.parse('{"name":"a","env":{"__proto__":"1","x":"2"}}') as NodeConfig;
  const b = JSON.parse('{"env":{"x":"2","__proto__":"1"},"name":"a"}') as NodeConfig;
  assert.ok(isSameConfig(a, b));
  const c = JSON.parse('{"env":{"x":"2"},"name":"a"}') as NodeConfig;
  assert.ok(!isSameConfig(a, c));
  assert.deepEqual(changedFields(a, c), ["env.__proto__"]);
  assert.ok(!isSameConfig({ name: "a", after: ["b", "c"] }, { name: "a", after: ["c", "b"] }));
  assert.ok(!isSameConfig({ name: "a", command: ["b"] }, { name: "a", command: ["b", "c"] }));
});
