/** Which ports of a cluster's are bound, by backend. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig, ZeekConfig } from "../../src/core/config.ts";
import {
  backendKind,
  defaultHub,
  layoutListeners,
  missingBackend,
} from "../../src/zeek/listeners.ts";
import type { Version } from "../../src/zeek/version.ts";

const V8: Version = { major: 8, minor: 2, patch: 2 };
const V7: Version = { major: 7, minor: 0, patch: 0 };
const host = "127.0.0.1";
const CLUSTER: Record<string, ClusterEndpoint> = {
  manager: { role: "MANAGER", host, port: 1, metricsPort: 11 },
  logger: { role: "LOGGER", host, port: 2 },
  proxy: { role: "PROXY", host, port: 3 },
};

function nodes(zeek: ZeekConfig, cluster = CLUSTER): NodeConfig[] {
  return Object.keys(cluster).map((name) => ({ name, cluster, zeek }));
}

const bound = (zeek: ZeekConfig, version = V8, cluster = CLUSTER) =>
  layoutListeners(nodes(zeek, cluster), version).map(({ node, port }) => `${node} ${port}`);

test("over ZeroMQ only who takes logs listens, and whoever has metrics", () => {
  assert.deepEqual(bound({}), ["manager 11", "logger 2"]);
  const { logger: _logger, ...without } = CLUSTER;
  assert.deepEqual(bound({}, V8, without), ["manager 1", "manager 11"]);
});

test("over Broker every node with a port listens, on all addresses", () => {
  assert.deepEqual(bound({}, V7), ["manager 1", "manager 11", "logger 2", "proxy 3"]);
  const [first] = layoutListeners(nodes({ backend: "broker" }), V8);
  assert.deepEqual(first, { node: "manager", port: 1, what: "its peers" });
});

test("of a layout of the user's own, and of a backend that is not known, less is known", () => {
  assert.deepEqual(bound({ layout: "my.zeek" }), []);
  assert.deepEqual(bound({ backend: ["./my-backend"] }), ["manager 11"]);
});

test("a backend is known by its operands", () => {
  assert.equal(backendKind(["frameworks/cluster/backend/zeromq"], V8), "zeromq");
  assert.equal(backendKind(["policy/frameworks/cluster/backend/broker"], V8), "broker");
  assert.equal(backendKind([], V7), "broker");
  assert.equal(backendKind([], V8), "unknown");
  assert.equal(backendKind("none", V8), "unknown");
});

test("ZeroMQ's hub is the manager's, at ports that a script may move", () => {
  const hub = defaultHub(nodes({}), V8);
  assert.deepEqual(
    hub.map(({ node, port, isUncertain }) => [node, port, isUncertain]),
    [
      ["manager", 5555, true],
      ["manager", 5556, true],
    ],
  );
  assert.deepEqual(defaultHub(nodes({ backend: "broker" }), V8), []);
});

test("a node of a cluster without a backend is doubted where Zeek has none by itself", () => {
  const without: NodeConfig = { name: "a", cluster: CLUSTER, zeek: { backend: [] } };
  assert.match(missingBackend(without, V8) ?? "", /no cluster backend is loaded/);
  assert.equal(missingBackend(without, V7), undefined);
  assert.equal(missingBackend({ ...without, zeek: {} }, V8), undefined);
  assert.equal(missingBackend({ name: "a", zeek: { backend: [] } }, V8), undefined);
});
