/** The topics are Zeek's: a Zeek publishes to them too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Filter } from "../../src/broker/topics.ts";
import * as topics from "../../src/cluster/topics.ts";

test("topics of roles, of nodes and of processes are named as Zeek names them", () => {
  assert.equal(topics.loggerTopic, "zeek/cluster/logger");
  assert.equal(topics.managerTopic, "zeek/cluster/manager");
  assert.equal(topics.proxyTopic, "zeek/cluster/proxy");
  assert.equal(topics.workerTopic, "zeek/cluster/worker");
  assert.equal(topics.nodeTopic("worker-1"), "zeek/cluster/node/worker-1/");
  assert.equal(topics.nodeIdTopic("0a-b"), "zeek/cluster/nodeid/0a-b/");
});

for (const [role, managerIsLogger, expected] of [
  ["LOGGER", false, ["zeek/cluster/logger", "zeek/logs/", "zeek/cluster/pool/logger"]],
  ["MANAGER", false, ["zeek/cluster/manager"]],
  ["MANAGER", true, ["zeek/cluster/manager", "zeek/logs/", "zeek/cluster/pool/logger"]],
  ["PROXY", true, ["zeek/cluster/proxy", "zeek/cluster/pool/proxy"]],
  ["WORKER", false, ["zeek/cluster/worker", "zeek/cluster/pool/worker"]],
  ["NONE", true, []],
] as const) {
  test(`what a ${role} subscribes to where the manager is ${managerIsLogger ? "" : "not "}the logger`, () => {
    assert.deepEqual(topics.topicsOfRole(role, managerIsLogger), expected);
  });
}

test("the topic of one node is not that of another whose name begins with it", () => {
  const filter = new Filter([topics.nodeTopic("worker-1")]);
  assert.ok(filter.matches(topics.nodeTopic("worker-1")));
  assert.ok(!filter.matches(topics.nodeTopic("worker-10")));
});
