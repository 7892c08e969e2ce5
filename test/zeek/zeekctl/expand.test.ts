/** From sections to processes: names, order, CPUs, interfaces, environment, ports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLUSTER,
  type Files,
  node,
  plan,
  problems,
  STANDALONE,
  settingsScript,
  withWorker,
} from "./fixtures.ts";

/** A row for each worker: name, interface, CPU, environment. */
function workers(text: string, files: Files = {}) {
  return plan(text, files)
    .nodes.filter(({ name }) => name.startsWith("w"))
    .map(({ name, interface: own, cpuAffinity, env }) => [name, own, cpuAffinity, env]);
}

test("a worker without lb_procs keeps its name, and takes the first CPU", () => {
  assert.deepEqual(workers(withWorker("interface=eth0\npin_cpus=4,5")), [
    ["worker-1", "eth0", 4, undefined],
  ]);
});

test("one process is numbered as well", () => {
  assert.deepEqual(workers(withWorker("interface=x\nlb_procs=1\nlb_method=custom")), [
    ["worker-1-1", "x", undefined, undefined],
  ]);
});

test("CPUs are gone through again when there are fewer than processes", () => {
  const rows = workers(withWorker("interface=x\nlb_procs=5\nlb_method=custom\npin_cpus=7,3"));
  assert.deepEqual(
    rows.map(([name, , cpu]) => [name, cpu]),
    [
      ["worker-1-1", 7],
      ["worker-1-2", 3],
      ["worker-1-3", 7],
      ["worker-1-4", 3],
      ["worker-1-5", 7],
    ],
  );
});

test("af_packet puts its name before the interface", () => {
  assert.deepEqual(workers(withWorker("interface=eth0\nlb_procs=2\nlb_method=af_packet")), [
    ["worker-1-1", "af_packet::eth0", undefined, undefined],
    ["worker-1-2", "af_packet::eth0", undefined, undefined],
  ]);
});

test("interfaces are given out from the end of the list", () => {
  const keys = "interface=x\nlb_procs=3\nlb_method=interfaces\nlb_interfaces=a, b,c";
  assert.deepEqual(workers(withWorker(keys)), [
    ["worker-1-1", "c", undefined, undefined],
    ["worker-1-2", "b", undefined, undefined],
    ["worker-1-3", "a", undefined, undefined],
  ]);
});

test("custom puts zeekctl.cfg's prefix and suffix around the interface", () => {
  const zeekctl = "lb_custom.InterfacePrefix = netmap::\nLB_CUSTOM.interfacesuffix=}1\n";
  assert.deepEqual(workers(withWorker("interface=x\nlb_procs=1\nlb_method=custom"), { zeekctl }), [
    ["worker-1-1", "netmap::x}1", undefined, undefined],
  ]);
  assert.deepEqual(
    plan(withWorker("interface=x\nlb_procs=1\nlb_method=custom"), { zeekctl }).notes,
    [],
  );
});

test("myricom is told the number of rings", () => {
  const env = { SNF_FLAGS: "0x101", SNF_NUM_RINGS: "2" };
  assert.deepEqual(workers(withWorker("interface=x\nlb_procs=2\nlb_method=myricom")), [
    ["worker-1-1", "x", undefined, env],
    ["worker-1-2", "x", undefined, env],
  ]);
});

const RINGS = `${withWorker("interface=eth0\nlb_procs=2\nlb_method=pf_ring")}
[w-2]
type=worker
host=localhost
interface=eth1
lb_procs=1
lb_method=pf_ring
[w-3]
type=worker
host=localhost
interface=eth0
lb_procs=1
lb_method=pf_ring
`;

test("pf_ring: a ring for each interface, with an id of its own", () => {
  const ring = (id: string, own: string) => ({
    PCAP_PF_RING_APPNAME: `zeek-${own}`,
    PCAP_PF_RING_CLUSTER_ID: id,
    PCAP_PF_RING_USE_CLUSTER_PER_FLOW_4_TUPLE: "1",
  });
  assert.deepEqual(workers(RINGS), [
    ["worker-1-1", "eth0", undefined, ring("21", "eth0")],
    ["worker-1-2", "eth0", undefined, ring("21", "eth0")],
    ["w-2-1", "eth1", undefined, ring("22", "eth1")],
    ["w-3-1", "eth0", undefined, ring("21", "eth0")],
  ]);
});

test("pf_ring: type and id as zeekctl.cfg says", () => {
  const zeekctl = "PFRINGClusterID = 7\nPFRINGClusterType = inner-6-tuple\n";
  const [row] = workers(withWorker("interface=eth0\nlb_procs=1\nlb_method=pf_ring"), { zeekctl });
  assert.deepEqual(row?.[3], {
    PCAP_PF_RING_APPNAME: "zeek-eth0",
    PCAP_PF_RING_CLUSTER_ID: "7",
    PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW: "1",
  });
});

test("pf_ring: zero copy interfaces are numbered by process instead", () => {
  for (const name of ["zc:eth0", "pf_ring::zc:eth0"]) {
    const rows = workers(withWorker(`interface=${name}\nlb_procs=2\nlb_method=pf_ring`), {
      zeekctl: "PFRINGFirstAppInstance = 3\n",
    });
    assert.deepEqual(
      rows,
      [3, 4].map((n) => [
        `worker-1-${n - 2}`,
        `${name}@${n}`,
        undefined,
        {
          PCAP_PF_RING_APPNAME: `zeek-${name}@${n}`,
          PCAP_PF_RING_USE_CLUSTER_PER_FLOW_4_TUPLE: "1",
          PCAP_PF_RING_ZC_RSS: "1",
        },
      ]),
    );
  }
});

test("pf_ring: with the id 0 nothing is set up, and a note says so", () => {
  const text = withWorker("interface=eth0\nlb_procs=1\nlb_method=pf_ring");
  const zeekctl = "PFRINGClusterID = 0\n";
  assert.deepEqual(workers(text, { zeekctl }), [["worker-1-1", "eth0", undefined, undefined]]);
  assert.deepEqual(plan(text, { zeekctl }).notes, [
    "node.cfg:15: node 'worker-1': PFRINGClusterID is 0, so PF_RING is not set up",
  ]);
});

test("node.cfg's environment is stronger than zeekctl.cfg's, and that than a method's", () => {
  const keys = "interface=x\nlb_procs=1\nlb_method=myricom\nenv_vars=B=node,A=node";
  const [row] = workers(withWorker(keys), { zeekctl: "Env_Vars = B=all, SNF_FLAGS=0, C=all\n" });
  assert.deepEqual(row?.[3], {
    A: "node",
    B: "node",
    C: "all",
    SNF_FLAGS: "0",
    SNF_NUM_RINGS: "1",
  });
});

test("zeekctl.cfg's environment is for every node", () => {
  for (const { name, env } of plan(CLUSTER, { zeekctl: "env_vars=A=1\n" }).nodes) {
    assert.deepEqual(env, name === "archiver" ? undefined : { A: "1" }, name);
  }
});

test("two interfaces with one fanout id are told of", () => {
  const second = (keys: string) =>
    `${withWorker("interface=eth0\nlb_procs=2\nlb_method=af_packet")}[w2]\ntype=worker\nhost=localhost\ninterface=eth1\nlb_procs=2\nlb_method=af_packet\n${keys}`;
  assert.deepEqual(plan(second("")).notes, [
    "node.cfg:19: node 'w2': 'af_packet::eth1' has the fanout id 23 of 'af_packet::eth0': give one of them another af_packet_fanout_id",
  ]);
  assert.deepEqual(plan(second("af_packet_fanout_id=24\n")).notes, []);
});

test("AF_Packet's options are set for the processes of their section alone", () => {
  const keys =
    "interface=eth0\nlb_procs=2\nlb_method=af_packet\naf_packet_fanout_id=9\naf_packet_buffer_size=2*1024";
  const script = settingsScript(plan(withWorker(keys)));
  for (const name of ["worker-1-1", "worker-1-2"]) {
    assert.ok(
      script.includes(
        `@if ( Cluster::node == "${name}" )\nredef AF_Packet::fanout_id = 9;\nredef AF_Packet::buffer_size = 2*1024;\n@endif\n`,
      ),
    );
  }
  assert.equal(script.match(/AF_Packet/g)?.length, 4);
});

const MIXED = `[w-b]
type=worker
host=localhost
[p]
type=proxy
host=localhost
[w-a]
type=worker
host=localhost
[m]
type=manager
host=localhost
interface=eth9
[l-2]
type=logger
host=localhost
[l-1]
type=logger
host=localhost
`;

test("loggers, manager, proxies, workers, each as in the file; then the archiver", () => {
  const { nodes } = plan(MIXED);
  assert.deepEqual(
    nodes.map(({ name }) => name),
    ["l-2", "l-1", "m", "p", "w-b", "w-a", "archiver"],
  );
});

test("any type may have an interface", () => {
  assert.equal(node(plan(MIXED), "m").interface, "eth9");
});

/** The layout as rows: name, role, port, metrics port. */
function layout(text: string, files: Files = {}) {
  const { nodes } = plan(text, files);
  const clusters = nodes.filter(({ name }) => name !== "archiver").map(({ cluster }) => cluster);
  for (const cluster of clusters) assert.deepEqual(cluster, clusters[0]);
  return Object.entries(clusters[0] ?? {}).map(([name, { role, port, metricsPort }]) => [
    name,
    role,
    port,
    metricsPort,
  ]);
}

test("ports: two for ZeroMQ, one for 'control', then manager, loggers, proxies, workers", () => {
  assert.deepEqual(layout(MIXED), [
    ["m", "MANAGER", 27763, 9991],
    ["l-2", "LOGGER", 27764, 9992],
    ["l-1", "LOGGER", 27765, 9993],
    ["p", "PROXY", 27766, 9994],
    ["w-b", "WORKER", 27767, 9995],
    ["w-a", "WORKER", 27768, 9996],
  ]);
});

test("ports: Broker needs none of its own", () => {
  const [manager] = layout(MIXED, { zeekctl: "ClusterBackend=Broker\nZeekPort=20000\n" });
  assert.deepEqual(manager, ["m", "MANAGER", 20001, 9991]);
});

test("ports: MetricsPort 0 means no metrics", () => {
  const [manager] = layout(MIXED, { zeekctl: "MetricsPort=0\n" });
  assert.deepEqual(manager, ["m", "MANAGER", 27763, undefined]);
  assert.ok(!settingsScript(plan(MIXED, { zeekctl: "MetricsPort=0\n" })).includes("Telemetry"));
});

test("ports: a standalone node is in no layout", () => {
  assert.deepEqual(layout(STANDALONE), []);
  assert.equal(node(plan(STANDALONE), "zeek").cluster, undefined);
});

test("ports that run out, or meet each other, are errors", () => {
  assert.deepEqual(problems(MIXED, { zeekctl: "ZeekPort = 65528\n" }), [
    "zeekctl.cfg:1: ZeekPort 65528 is too high: the nodes need ports up to 65536",
  ]);
  assert.deepEqual(problems(MIXED, { zeekctl: "ZeekPort = 20000\nMetricsPort = 20008\n" }), [
    "zeekctl.cfg:2: MetricsPort: ports 20008 to 20013 meet those from ZeekPort, 20000 to 20008",
  ]);
  assert.deepEqual(problems(MIXED, { zeekctl: "ZeekPort = 20000\nMetricsPort = 20009\n" }), []);
  assert.deepEqual(problems(MIXED, { zeekctl: "ZeekPort = 65527\nMetricsPort = 65521\n" }), []);
});

test("ports among those of clients are told of", () => {
  assert.deepEqual(plan(MIXED, { zeekctl: "ZeekPort = 32760\n" }).notes, [
    "zeekctl.cfg:1: ZeekPort: ports 32760 to 32768 are among those that Linux gives to clients (32768 to 60999)",
  ]);
  assert.deepEqual(plan(MIXED, { zeekctl: "ZeekPort = 32759\n" }).notes, []);
});
