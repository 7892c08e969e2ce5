/** `cluster-layout.zeek`, byte for byte and back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ClusterEndpoint } from "../../src/core/config.ts";
import { hostAddress } from "../../src/zeek/address.ts";
import { clusterLayout, layoutEntries, layoutProblem } from "../../src/zeek/layout.ts";
import { type LayoutNode, parseLayout } from "../../src/zeek/layout-parser.ts";

const HOST = "127.0.0.1";
const five: Record<string, ClusterEndpoint> = {
  "worker-1": { role: "WORKER", host: HOST, port: 0, metricsPort: 9994, interface: "eth0" },
  "worker-2": { role: "WORKER", host: HOST, port: 0, metricsPort: 9995 },
  "proxy-1": { role: "PROXY", host: HOST, port: 27762, metricsPort: 9993 },
  "logger-1": { role: "LOGGER", host: "localhost", port: 27761, metricsPort: 9992 },
  nobody: { role: "NONE", host: "somewhere", port: 1 },
  manager: { role: "MANAGER", host: HOST, port: 27760, metricsPort: 9991 },
};

test("a cluster on one host is laid out as Zeek's own tools do it", () => {
  assert.equal(
    clusterLayout(five),
    `redef Cluster::manager_is_logger = F;
redef Cluster::nodes = {
	["manager"]  = [$node_type=Cluster::MANAGER, $ip=127.0.0.1, $p=27760/tcp, $metrics_port=9991/tcp],
	["logger-1"] = [$node_type=Cluster::LOGGER,  $ip=127.0.0.1, $p=27761/tcp, $manager="manager", $metrics_port=9992/tcp],
	["proxy-1"]  = [$node_type=Cluster::PROXY,   $ip=127.0.0.1, $p=27762/tcp, $manager="manager", $metrics_port=9993/tcp],
	["worker-1"] = [$node_type=Cluster::WORKER,  $ip=127.0.0.1, $manager="manager", $metrics_port=9994/tcp],
	["worker-2"] = [$node_type=Cluster::WORKER,  $ip=127.0.0.1, $manager="manager", $metrics_port=9995/tcp],
};
`,
  );
});

test("without a logger the manager is one; IPv6 has brackets, and zones their field", () => {
  const cluster: Record<string, ClusterEndpoint> = {
    m: { role: "MANAGER", host: "::1", port: 27760, metricsPort: 0 },
    w: { role: "WORKER", host: "FE80::1%eth0", port: 0 },
  };
  assert.equal(
    clusterLayout(cluster),
    `redef Cluster::manager_is_logger = T;
redef Cluster::nodes = {
	["m"] = [$node_type=Cluster::MANAGER, $ip=[::1], $p=27760/tcp],
	["w"] = [$node_type=Cluster::WORKER,  $ip=[fe80::1], $zone_id="eth0", $manager="m"],
};
`,
  );
});

test("what Zeek would stumble over is a problem", () => {
  const { manager = assert.fail(), "logger-1": logger = assert.fail() } = five;
  const end = (role: ClusterEndpoint["role"], port = 0, more = {}): ClusterEndpoint => {
    return { role, host: HOST, port, ...more };
  };
  const table: [cluster: Record<string, ClusterEndpoint>, problem: string | undefined][] = [
    [five, undefined],
    [{ manager }, undefined],
    [{ w: end("WORKER") }, "the cluster has no manager: give one node the role MANAGER"],
    [{}, "the cluster has no manager: give one node the role MANAGER"],
    [
      { a: end("MANAGER", 1), b: end("MANAGER", 2) },
      "the cluster has two managers, 'a' and 'b': Zeek takes one",
    ],
    [{ manager, l: end("LOGGER") }, "logger 'l' needs a port: logs are sent to it"],
    [{ m: end("MANAGER"), l: logger }, undefined],
    [
      { m: end("MANAGER") },
      "manager 'm' needs a port: logs are sent to it, since the cluster has no logger",
    ],
    [
      { manager, "a b": end("WORKER") },
      "'a b' is no name for a node of a Zeek cluster: letters, digits, '.', '_' and '-' are, the first of them a letter or digit",
    ],
    [
      { manager, w: end("WORKER"), W: end("WORKER") },
      "'w' and 'W' in the cluster differ in upper and lower case only",
    ],
    [
      { manager, w: end("WORKER", 0, { host: "big.example" }) },
      "host 'big.example' of 'w' in the cluster must be an address: Zeek resolves no names there",
    ],
    [
      { manager, w: end("WORKER", 70000) },
      "port 70000 of 'w' in the cluster is none: 0 to 65535 are",
    ],
    [
      { manager, w: end("WORKER", 0, { metricsPort: -1 }) },
      "metricsPort -1 of 'w' in the cluster is none: 0 to 65535 are",
    ],
    [{ manager, a: end("LOGGER", 5), b: end("LOGGER", 5) }, "port 5 is used by both 'a' and 'b'"],
    [{ manager, a: end("LOGGER", 5), b: end("LOGGER", 5, { host: "::1" }) }, undefined],
    [
      { manager, w: end("WORKER", 0, { metricsPort: 9991 }) },
      "port 9991 is used by both 'manager' and 'w'",
    ],
    [{ manager, a: end("WORKER", 7), b: end("WORKER", 7) }, undefined],
    [{ manager, "-": end("NONE") }, undefined],
  ];
  for (const [cluster, problem] of table)
    assert.equal(layoutProblem(cluster), problem, JSON.stringify(cluster));
});

test("hosts are addresses", () => {
  const table: [host: string, address: string | undefined][] = [
    ["10.0.0.255", "10.0.0.255"],
    ["localhost", "127.0.0.1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["10.0.0.256", undefined],
    ["10.0.0.01", undefined],
    ["10.0.0", undefined],
    ["", undefined],
    ["host", undefined],
    ["[::1]", undefined],
    [":", undefined],
    [":::", undefined],
    ["1::2::3", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1:2:3:4::5:6:7:8", undefined],
    ["12345::", undefined],
    ["fe80::1%", undefined],
    ["1.2.3.4%eth0", undefined],
  ];
  for (const [host, address] of table) assert.equal(hostAddress(host)?.address, address, host);
});

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/);
const endpoint: fc.Arbitrary<ClusterEndpoint> = fc.record(
  {
    role: fc.constantFrom("NONE", "MANAGER", "LOGGER", "PROXY", "WORKER"),
    host: fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom("localhost", "fe80::1%eth0", 'fe80::2%a"\\b'),
    ),
    port: fc.oneof(fc.constant(0), fc.nat(65_535)),
    metricsPort: fc.oneof(fc.constant(0), fc.nat(65_535)),
  },
  { requiredKeys: ["role", "host", "port"] },
);

test("any layout that has no problem reads back as it was meant", () => {
  let laidOut = 0;
  const property = fc.property(fc.dictionary(name, endpoint, { maxKeys: 8 }), (cluster) => {
    if (layoutProblem(cluster) !== undefined) return;
    laidOut++;
    const text = clusterLayout(cluster);
    const entries = layoutEntries(cluster);
    const manager = entries[0]?.[0] ?? assert.fail();
    const nodes = entries.map(([key, { role, host, port, metricsPort = 0 }]): LayoutNode => {
      const { address = "", zone } = hostAddress(host) ?? {};
      return {
        name: key,
        type: role === "NONE" ? assert.fail() : role,
        ip: address,
        port,
        ...(key === manager ? {} : { manager }),
        ...(metricsPort === 0 ? {} : { metricsPort }),
        ...(zone === undefined ? {} : { zoneId: zone }),
      };
    });
    const managerIsLogger = !nodes.some(({ type }) => type === "LOGGER");
    assert.deepEqual(parseLayout(text), { layout: { managerIsLogger, nodes } });
  });
  fc.assert(property, { numRuns: 2000 });
  assert.ok(laidOut > 100, `${laidOut} of 2000`);
});

test("a layout in other hands' style is read too", () => {
  const text = `# made by hand
redef Cluster::nodes += { ["c"]=[$node_type=Cluster::CONTROL,$ip=[::1]], # who asks
};`;
  const nodes = [{ name: "c", type: "CONTROL", ip: "::1", port: 0 }];
  assert.deepEqual(parseLayout(text), { layout: { managerIsLogger: true, nodes } });
  assert.deepEqual(parseLayout(""), { layout: { managerIsLogger: true, nodes: [] } });
});

test("what is no layout is refused with its line", () => {
  const entry = (fields: string) => `redef Cluster::nodes = {\n["a"] = [${fields}],\n};`;
  const table: [text: string, problem: string][] = [
    ["x", "line 1: expected 'redef'"],
    ["@load x", "line 1: expected 'redef'"],
    ["redef x = 1;", "line 1: expected 'Cluster::nodes' or 'Cluster::manager_is_logger'"],
    ["redef Cluster::manager_is_logger = 1;", "line 1: expected T or F"],
    ["redef Cluster::manager_is_logger = T", "line 1: expected ';'"],
    ["redef Cluster::nodes = {\n", "line 2: expected '['"],
    ["redef Cluster::nodes = { [a] = [] };", "line 1: expected a node's name in quotes"],
    [entry(""), "line 2: expected a field"],
    [entry("$x=1"), "line 2: expected a field of Cluster::Node, not $x"],
    [entry("$ip=1.2.3.4"), "line 2: expected $node_type of 'a'"],
    [entry("$node_type=Cluster::WORKER"), "line 2: expected $ip of 'a'"],
    [entry("$node_type=Cluster::TIME_MACHINE"), "line 2: expected a type of node"],
    [entry("$ip=::1"), "line 2: expected an address"],
    [entry("$ip=[1.2.3.4]"), "line 2: expected an address, not [1.2.3.4]"],
    [entry("$ip=1.2.3"), "line 2: expected an address, not 1.2.3"],
    [entry("$ip=1.2.3.4, $p=1/udp"), "line 2: expected a port such as 27760/tcp"],
    [entry("$p=65536/tcp"), "line 2: expected a port, not 65536"],
    [entry("$p=1/tcp, $p=1/tcp"), "line 2: expected each field once only"],
    [
      entry("$node_type=Cluster::WORKER, $ip=1.2.3.4").replace("],\n", "]\n"),
      "line 3: expected ','",
    ],
    [
      entry('$node_type=Cluster::WORKER, $ip=1.2.3.4],\n["a"] = [$ip=1.2.3.4'),
      "line 3: expected 'a' once only",
    ],
  ];
  for (const [text, problem] of table) assert.deepEqual(parseLayout(text), { problem }, text);
});
