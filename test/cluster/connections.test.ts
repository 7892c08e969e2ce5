/** Who listens and who connects to whom: Zeek's layout, whoever computes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countByRole,
  type Layout,
  layoutProblem,
  managerIsLogger,
  managerOf,
  partOf,
  roleOf,
  sharersOf,
} from "../../src/cluster/connections.ts";
import type { ClusterEndpoint, Role } from "../../src/core/config.ts";

const at = (role: Role, port: number, host = "127.0.0.1"): ClusterEndpoint => ({
  role,
  host,
  port,
});
const LAYOUT: Layout = {
  "worker-2": at("WORKER", 0),
  manager: at("MANAGER", 27760),
  "logger-1": at("LOGGER", 27761),
  "logger-2": at("LOGGER", 27762),
  "proxy-1": at("PROXY", 27763),
  "worker-1": at("WORKER", 27764),
  watcher: at("NONE", 27765),
};
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

const TABLE: [name: string, role: Role, port: number | undefined, peers: string[]][] = [
  ["logger-1", "LOGGER", 27761, []],
  ["manager", "MANAGER", 27760, ["logger-1", "logger-2"]],
  ["proxy-1", "PROXY", 27763, ["logger-1", "logger-2", "manager"]],
  ["worker-1", "WORKER", 27764, ["logger-1", "logger-2", "manager", "proxy-1"]],
  ["worker-2", "WORKER", undefined, ["logger-1", "logger-2", "manager", "proxy-1"]],
  ["watcher", "NONE", undefined, []],
];
for (const [name, role, port, peers] of TABLE) {
  test(`23: '${name}' (${role}) listens on ${port ?? "no port"} and connects to ${peers.join(", ") || "nobody"}`, () => {
    const part = partOf(name, LAYOUT);
    assert.equal(part.role, role);
    assert.equal(part.listen?.port, port);
    assert.deepEqual(names(part.peers), peers);
  });
}

test("neighbours are all with whom there is a connection, whoever makes it", () => {
  const { neighbours } = partOf("logger-1", LAYOUT);
  assert.deepEqual(neighbours, ["manager", "proxy-1", "worker-1", "worker-2"]);
  assert.deepEqual(partOf("worker-1", LAYOUT).neighbours, names(partOf("worker-1", LAYOUT).peers));
  assert.deepEqual(partOf("watcher", LAYOUT).neighbours, []);
});

test("a node subscribes to the topics of its role and to its own", () => {
  assert.deepEqual(partOf("manager", LAYOUT).topics, [
    "zeek/cluster/manager",
    "zeek/cluster/node/manager/",
  ]);
  assert.deepEqual(partOf("watcher", LAYOUT).topics, []);
});

test("nobody connects to a node without a port, and it does not connect to its workers instead", () => {
  const layout: Layout = { manager: at("MANAGER", 0), worker: at("WORKER", 5000) };
  assert.deepEqual(partOf("worker", layout).peers, []);
  assert.deepEqual(partOf("worker", layout).neighbours, []);
  assert.deepEqual(partOf("manager", layout).neighbours, []);
});

test("hosts are addresses of both families, with brackets or without, or names", () => {
  const layout: Layout = {
    manager: at("MANAGER", 1, "[::1]"),
    "logger-1": at("LOGGER", 2, "fe80::1%eth0"),
    "proxy-1": at("PROXY", 3, "proxy.example.org"),
    worker: at("WORKER", 0, "::1"),
  };
  assert.deepEqual(partOf("worker", layout).peers, [
    { name: "logger-1", host: "fe80::1%eth0", port: 2 },
    { name: "manager", host: "::1", port: 1 },
    { name: "proxy-1", host: "proxy.example.org", port: 3 },
  ]);
  assert.equal(partOf("manager", layout).listen?.host, "::1");
});

test("23: the manager is the logger where there is no other, also without a layout", () => {
  assert.equal(managerIsLogger(LAYOUT), false);
  assert.equal(managerIsLogger({ manager: at("MANAGER", 1) }), true);
  assert.equal(managerIsLogger({}), true);
});

test("the manager, roles and counts", () => {
  assert.equal(managerOf(LAYOUT), "manager");
  assert.equal(managerOf({ worker: at("WORKER", 1) }), undefined);
  assert.equal(roleOf("nobody", LAYOUT), "NONE");
  assert.equal(roleOf("toString", LAYOUT), "NONE");
  assert.deepEqual(countByRole(LAYOUT), { NONE: 1, LOGGER: 2, MANAGER: 1, PROXY: 1, WORKER: 2 });
});

test("a problem of a layout is told in one line", () => {
  assert.equal(layoutProblem("manager", LAYOUT), undefined);
  assert.match(layoutProblem("worker-9", LAYOUT) ?? "", /^node 'worker-9' is not in the layout/);
  assert.match(layoutProblem("toString", LAYOUT) ?? "", /^node 'toString' is not in the layout/);
  const two = { b: at("MANAGER", 1), a: at("MANAGER", 2), worker: at("WORKER", 0) };
  assert.equal(layoutProblem("worker", two), "a layout has one manager at most: 'a', 'b'");
});

test("nodes that would listen at the same place are known", () => {
  const layout = { a: at("LOGGER", 1, "[::1]"), b: at("LOGGER", 1, "::1"), c: at("LOGGER", 1) };
  assert.deepEqual(sharersOf("a", layout), ["b"]);
  assert.deepEqual(sharersOf("c", layout), []);
  assert.deepEqual(sharersOf("a", { a: at("NONE", 1), b: at("NONE", 1) }), []);
});

const anyEndpoint = fc.record({
  role: fc.constantFrom<Role>("NONE", "LOGGER", "MANAGER", "PROXY", "WORKER"),
  host: fc.constantFrom("127.0.0.1", "::1", "[::1]", "host.example.org"),
  port: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 65_535 })),
});
const anyLayout = fc.dictionary(fc.string({ minLength: 1 }), anyEndpoint, { maxKeys: 12 });

/** By whom Zeek has a node connected to: `setup-connections`, written the other way round. */
const CALLERS: Record<Role, Role[]> = {
  LOGGER: ["MANAGER", "PROXY", "WORKER"],
  MANAGER: ["PROXY", "WORKER"],
  PROXY: ["WORKER"],
  WORKER: [],
  NONE: [],
};

test("every pair that Zeek connects is connected once, by the same side, whoever computes it", () => {
  fc.assert(
    fc.property(anyLayout, (layout) => {
      const all = Object.keys(layout);
      const parts = new Map(all.map((name) => [name, partOf(name, layout)]));
      for (const to of all) {
        for (const from of all) {
          const wanted =
            layout[to]!.port !== 0 && CALLERS[layout[to]!.role].includes(layout[from]!.role);
          const made = names(parts.get(from)!.peers).filter((name) => name === to).length;
          assert.equal(made, wanted ? 1 : 0, `${from} to ${to}`);
          const isNeighbour = parts.get(from)!.neighbours.includes(to);
          assert.equal(isNeighbour, parts.get(to)!.neighbours.includes(from));
          if (wanted) assert.ok(isNeighbour);
        }
      }
      for (const [name, { listen, peers }] of parts) {
        for (const peer of peers) {
          assert.notEqual(peer.name, name);
          assert.deepEqual(parts.get(peer.name)!.listen, peer, "it listens where it is called");
        }
        const listens = layout[name]!.role !== "NONE" && layout[name]!.port !== 0;
        assert.equal(listen !== undefined, listens);
      }
    }),
  );
});

test("no pair connects both ways, and the order of a layout's entries means nothing", () => {
  fc.assert(
    fc.property(anyLayout, (layout) => {
      const turned = Object.fromEntries(Object.entries(layout).reverse());
      for (const name of Object.keys(layout)) {
        const part = partOf(name, layout);
        assert.deepEqual(partOf(name, turned), part);
        for (const peer of part.peers) {
          assert.ok(!names(partOf(peer.name, layout).peers).includes(name));
        }
      }
    }),
  );
});
