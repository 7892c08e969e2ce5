/** Whole plans: what a realistic installation of ZeekControl becomes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ClusterEndpoint, NodeConfig } from "../../../src/core/config.ts";
import { acceptConfig } from "../../../src/supervisor/config/config-schema.ts";
import { CLUSTER, plan, planned, STANDALONE } from "./fixtures.ts";

const NODE_CFG = `# A sensor with two interfaces.
[manager]
type=manager
host=localhost

[logger-1]
type=logger
host=localhost

[proxy-1]
type=proxy
host=localhost
env_vars=MALLOC_CONF=narenas:2

[worker-1]
type=worker
host=localhost
interface=eth0
lb_method=af_packet
lb_procs=3
pin_cpus=2,4
af_packet_fanout_mode=AF_Packet::FANOUT_QM

[worker-2]
type=worker
host=localhost
interface=eth1
lb_method=af_packet
lb_procs=2
pin_cpus=6,8,10
af_packet_fanout_id=24
aux_scripts=site-two.zeek
`;

const ZEEKCTL_CFG = `## Global ZeekControl configuration file.
MailTo = root@localhost
MailConnectionSummary = 1
MinDiskSpace = 5
MailHostUpDown = 1
LogRotationInterval = 1800
LogExpireInterval = 0
StatsLogEnable = 1
StatsLogExpireInterval = 0
StatusCmdShowAll = 0
CrashExpireInterval = 0
SitePolicyScripts = local.zeek
LogDir = /nsm/logs
SpoolDir = /nsm/spool
BrokerDBDir = /nsm/spool/brokerstore
FileExtractDir = /nsm/extracted
CfgDir = /opt/zeek/etc
StopTimeout = 30
ZeekArgs = -f 'not port 22'
`;

const NETWORKS_CFG = "10.0.0.0/8          Private IP space\n";

const LAYOUT: Record<string, ClusterEndpoint> = {
  manager: { role: "MANAGER", host: "127.0.0.1", port: 27763, metricsPort: 9991 },
  "logger-1": { role: "LOGGER", host: "127.0.0.1", port: 27764, metricsPort: 9992 },
  "proxy-1": { role: "PROXY", host: "127.0.0.1", port: 27765, metricsPort: 9993 },
  "worker-1-1": { role: "WORKER", host: "127.0.0.1", port: 27766, metricsPort: 9994 },
  "worker-1-2": { role: "WORKER", host: "127.0.0.1", port: 27767, metricsPort: 9995 },
  "worker-1-3": { role: "WORKER", host: "127.0.0.1", port: 27768, metricsPort: 9996 },
  "worker-2-1": { role: "WORKER", host: "127.0.0.1", port: 27769, metricsPort: 9997 },
  "worker-2-2": { role: "WORKER", host: "127.0.0.1", port: 27770, metricsPort: 9998 },
};

const NETWORKS_SCRIPT = `# Made by Coppice from ZeekControl's files: whatever is changed here is lost.
@load base/utils/site
redef Site::local_nets += {
	10.0.0.0/8, # Private IP space
};
`;

const SETTINGS_SCRIPT = `# Made by Coppice from ZeekControl's files: whatever is changed here is lost.
@load base/frameworks/cluster
@load base/files/extract
redef global_hash_seed = "0123abcd";
redef Pcap::snaplen = 9216;
redef Pcap::bufsize = 128;
redef Cluster::default_store_dir = "/nsm/spool/stores";
@ifdef ( Broker::table_store_db_directory )
redef Broker::table_store_db_directory = "/nsm/spool/brokerstore";
@endif
redef FileExtract::prefix = "/nsm/extracted/" + Cluster::node;
@if ( Cluster::local_node_type() == Cluster::LOGGER )
redef Log::default_rotation_interval = 1800 secs;
@endif
@ifdef ( Telemetry::metrics_address )
@if ( |Telemetry::metrics_address| == 0 )
redef Telemetry::metrics_address = "127.0.0.1";
@endif
@endif
redef Cluster::Backend::ZeroMQ::listen_xpub_endpoint = "tcp://127.0.0.1:27760";
redef Cluster::Backend::ZeroMQ::listen_xsub_endpoint = "tcp://127.0.0.1:27761";
redef Cluster::Backend::ZeroMQ::connect_xpub_endpoint = "tcp://127.0.0.1:27761";
redef Cluster::Backend::ZeroMQ::connect_xsub_endpoint = "tcp://127.0.0.1:27760";
@if ( Cluster::node == "worker-1-1" )
redef AF_Packet::fanout_mode = AF_Packet::FANOUT_QM;
@endif
@if ( Cluster::node == "worker-1-2" )
redef AF_Packet::fanout_mode = AF_Packet::FANOUT_QM;
@endif
@if ( Cluster::node == "worker-1-3" )
redef AF_Packet::fanout_mode = AF_Packet::FANOUT_QM;
@endif
@if ( Cluster::node == "worker-2-1" )
redef AF_Packet::fanout_id = 24;
@endif
@if ( Cluster::node == "worker-2-2" )
redef AF_Packet::fanout_id = 24;
@endif
`;

function expected(name: string, own: Partial<NodeConfig> = {}, aux: string[] = []): NodeConfig {
  return {
    name,
    directory: `/nsm/spool/${name}`,
    cluster: LAYOUT,
    stop: { interval: 2_000, attempts: 15 },
    zeek: {
      executable: "/opt/zeek/bin/zeek",
      args: ["-p", "local", "-p", name, "-f", "not port 22"],
      scripts: ["local.zeek", "coppice-networks", "coppice-settings", ...aux],
      backend: "zeromq",
      path: ["/opt/zeek/share/zeek/site"],
      logQueue: "/nsm/spool/log-queue",
      files: {
        "coppice-networks.zeek": NETWORKS_SCRIPT,
        "coppice-settings.zeek": SETTINGS_SCRIPT,
      },
    },
    ...own,
  };
}

test("a sensor with two interfaces", () => {
  const made = plan(NODE_CFG, { zeekctl: ZEEKCTL_CFG, networks: NETWORKS_CFG });
  const worker = (name: string, own: string, cpuAffinity: number, aux?: string[]) =>
    expected(name, { interface: `af_packet::${own}`, cpuAffinity }, aux);
  assert.deepEqual(made.nodes, [
    expected("logger-1"),
    expected("manager"),
    expected("proxy-1", { env: { MALLOC_CONF: "narenas:2" } }),
    worker("worker-1-1", "eth0", 2),
    worker("worker-1-2", "eth0", 4),
    worker("worker-1-3", "eth0", 2),
    worker("worker-2-1", "eth1", 6, ["site-two.zeek"]),
    worker("worker-2-2", "eth1", 8, ["site-two.zeek"]),
    {
      name: "archiver",
      directory: "/nsm/spool/archiver",
      command: ["/opt/zeek/bin/zeek-archiver", "/nsm/spool/log-queue", "/nsm/logs"],
      after: [],
    },
  ]);
  assert.deepEqual(made.notes, [
    "node.cfg:30: node 'worker-2': no process is left for CPU 10: it has 2",
    "zeekctl.cfg:2: MailTo, MailConnectionSummary, MailHostUpDown: Coppice sends no mail: 'coppice events' tells what happens",
    "zeekctl.cfg:4: MinDiskSpace: there is no cron run: nodes are watched all the time",
    "zeekctl.cfg:8: StatsLogEnable: no stats.log is written: each node's metrics port has its figures",
    "zeekctl.cfg:17: CfgDir: the other files are found beside this one, or where the command line says",
  ]);
  assert.deepEqual(made.directories, [
    ...["/nsm/spool", "/nsm/spool/log-queue", "/nsm/logs", "/nsm/spool/stores"],
    ...["/nsm/spool/brokerstore", "/nsm/extracted"],
  ]);
});

test("the same files make the same plan, to the byte", () => {
  const files = { zeekctl: ZEEKCTL_CFG, networks: NETWORKS_CFG };
  assert.equal(JSON.stringify(planned(NODE_CFG, files)), JSON.stringify(planned(NODE_CFG, files)));
});

test("all nodes have the same scripts, so that they may share one directory of them", () => {
  const { nodes } = plan(NODE_CFG, { zeekctl: ZEEKCTL_CFG, networks: NETWORKS_CFG });
  const zeeks = nodes.flatMap(({ zeek }) => (zeek === undefined ? [] : [zeek.files]));
  assert.equal(zeeks.length, 8);
  for (const files of zeeks) assert.deepEqual(files, zeeks[0]);
});

test("the layout of a small cluster, without a file but node.cfg", () => {
  const text = `${CLUSTER}[worker-1]\ntype=worker\nhost=localhost\ninterface=eth0\n`;
  const { nodes, notes } = plan(text);
  assert.deepEqual(notes, []);
  for (const { name, cluster } of nodes) {
    if (name === "archiver") continue;
    assert.deepEqual(cluster, {
      manager: { role: "MANAGER", host: "127.0.0.1", port: 27763, metricsPort: 9991 },
      "logger-1": { role: "LOGGER", host: "127.0.0.1", port: 27764, metricsPort: 9992 },
      "proxy-1": { role: "PROXY", host: "127.0.0.1", port: 27765, metricsPort: 9993 },
      "worker-1": { role: "WORKER", host: "127.0.0.1", port: 27766, metricsPort: 9994 },
    });
  }
});

test("a standalone node and its archiver", () => {
  const { nodes } = plan(STANDALONE);
  assert.deepEqual(
    nodes.map(({ name, interface: own, cluster, zeek }) => [name, own, cluster, zeek?.backend]),
    [
      ["zeek", "eth0", undefined, "zeromq"],
      ["archiver", undefined, undefined, undefined],
    ],
  );
});

test("a Supervisor accepts every node of a plan", () => {
  const zeekctl = `${ZEEKCTL_CFG}MemLimit = 4096\nSaveTraces = 1\nCompressLogs = 0\n`;
  for (const text of [NODE_CFG, STANDALONE]) {
    for (const config of plan(text, { zeekctl, networks: NETWORKS_CFG }).nodes) {
      assert.deepEqual(
        acceptConfig(config, () => undefined),
        config,
      );
    }
  }
});

test("problems of all files are told together, file by file", () => {
  const result = planned(`${CLUSTER}colour=red\n`, { zeekctl: "Foo=1\n", networks: "x\n" });
  assert.ok("problems" in result);
  assert.deepEqual(
    result.problems.map(({ file, line }) => [file, line]),
    [
      ["node.cfg", 10],
      ["zeekctl.cfg", 1],
      ["networks.cfg", 1],
    ],
  );
});

test("no files make it throw: they are a plan, or problems that name their file", () => {
  const line = fc.constantFrom(
    ...NODE_CFG.split("\n"),
    ...ZEEKCTL_CFG.split("\n"),
    ...["10.0.0.0/8", "::/0 x", "type=standalone", "lb_method=interfaces", "lb_interfaces=a,b,c"],
    ...["lb_method=pf_ring", "host=::1", "ClusterBackend=Broker", "ZeekPort=65530", "=", "[x]"],
  );
  const text = fc.oneof(
    fc.array(line, { maxLength: 30 }).map((lines) => lines.join("\n")),
    fc.string(),
  );
  fc.assert(
    fc.property(text, text, text, (nodeCfg, zeekctl, networks) => {
      const result = planned(nodeCfg, { zeekctl, networks });
      if ("plan" in result) {
        for (const config of result.plan.nodes) acceptConfig(config, () => undefined);
        return;
      }
      assert.ok(result.problems.length > 0);
      for (const { file, text: words } of result.problems) {
        assert.ok(["node.cfg", "zeekctl.cfg", "networks.cfg"].includes(file));
        assert.ok(words !== "" && !words.includes("\n"), words);
      }
    }),
    { numRuns: 500 },
  );
});

test("a problem is one line, whatever is in the file", () => {
  const result = planned(`${CLUSTER}pin_cpus = 1,\n  x\n  y\ninterface = a\n  b\n`);
  assert.ok("problems" in result);
  for (const { text } of result.problems) assert.ok(!text.includes("\n"), text);
});

test("a NUL byte is a problem of its line", () => {
  const result = planned(`${STANDALONE}zone_id = a\0b\n`, { zeekctl: "\n\0\n", networks: "\0" });
  assert.ok("problems" in result);
  const nul = result.problems.filter(({ text }) => text.includes("NUL"));
  assert.deepEqual(
    nul.map(({ file, line }) => [file, line]),
    [
      ["node.cfg", 5],
      ["zeekctl.cfg", 2],
      ["networks.cfg", 1],
    ],
  );
});
