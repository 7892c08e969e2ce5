/** ZeekControl's groups. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig, Role } from "../../src/core/config.ts";
import { GROUPS, isGroup, isOfGroup, roleOf } from "../../src/core/groups.ts";

const config = (role: Role): NodeConfig => ({
  name: "n",
  cluster: { n: { role, host: "127.0.0.1", port: 0 } },
});

const groupsOf = (one: NodeConfig) => GROUPS.filter((group) => isOfGroup(one, group));

test("a node is of its role's group, and of all", () => {
  const cases: [Role, string[]][] = [
    ["LOGGER", ["all", "loggers"]],
    ["MANAGER", ["all", "manager"]],
    ["PROXY", ["all", "proxies"]],
    ["WORKER", ["all", "workers"]],
    ["NONE", ["all"]],
  ];
  for (const [role, groups] of cases) assert.deepEqual(groupsOf(config(role)), groups, role);
});

test("a role is that of the node's own entry in its layout", () => {
  const { cluster } = config("WORKER");
  assert.equal(roleOf(config("WORKER")), "WORKER");
  assert.equal(roleOf(config("NONE")), undefined);
  assert.equal(roleOf({ name: "n" }), undefined);
  assert.equal(roleOf({ name: "other", cluster: cluster! }), undefined);
  assert.equal(roleOf({ name: "constructor", cluster: cluster! }), undefined);
  assert.deepEqual(groupsOf({ name: "other", cluster: cluster! }), ["all"]);
});

test("only the words themselves are groups", () => {
  for (const word of GROUPS) assert.ok(isGroup(word));
  for (const word of ["worker", "Workers", "", "constructor"]) assert.ok(!isGroup(word), word);
});
