/** Each option of zeekctl.cfg: what becomes of it, and what is wrong with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stopPolicy } from "../../../src/zeek/zeekctl/node-config.ts";
import { OPTIONS } from "../../../src/zeek/zeekctl/zeekctl-options.ts";
import {
  CLUSTER,
  type Files,
  node,
  plan,
  problems,
  STANDALONE,
  settingsScript,
} from "./fixtures.ts";

const control = (zeekctl: string, more: Files = {}) => plan(CLUSTER, { zeekctl, ...more });
const wrong = (zeekctl: string, more: Files = {}) => problems(CLUSTER, { zeekctl, ...more });
const zeek = (zeekctl: string) => node(control(zeekctl), "manager").zeek ?? {};

test("names know no capitals, blanks and comments are free, the last of two counts", () => {
  const text = "# c\n\n  zeekPORT=20000\nZeekPort =  21000  \n";
  assert.equal(node(control(text), "manager").cluster?.["manager"]?.port, 21_003);
});

test("a wrong value that is overwritten does not matter", () => {
  assert.deepEqual(wrong("ZeekPort = x\nZeekPort = 20000\n"), []);
});

test("a value may contain '=' and '#'; a shell's comment ends it", () => {
  assert.deepEqual(zeek("ZeekArgs = Site::x=T -f 'a#b' X=c#d # c 'd").args?.slice(-4), [
    ...["Site::x=T", "-f", "a#b", "X=c#d"],
  ]);
});

const WRONG: [text: string, problem: string][] = [
  ["LogDirr = /x", "unknown option 'LogDirr'; did you mean 'LogDir'?"],
  ["Colour = red", "unknown option 'Colour'"],
  [
    "lb_custom.InterfacePrefx = x",
    "unknown option 'lb_custom.InterfacePrefx'; did you mean 'lb_custom.InterfacePrefix'?",
  ],
  ["BroPort = 1", "'BroPort' is now called 'ZeekPort'"],
  ["LogDir /x", "'LogDir /x' is not 'Name = value'"],
  ["= /x", "'= /x' is not 'Name = value'"],
  ["[a]", "'[a]' is not 'Name = value'"],
  ["LogDir = '/x'", "LogDir must not be in quotes as a whole: '/x'"],
  ['LogDir = "/x"', 'LogDir must not be in quotes as a whole: "/x"'],
  ["LogDir = logs", "LogDir must be an absolute path, not 'logs'"],
  [`SpoolDir = \${ZeekBase}/x`, `SpoolDir must be written out, without '\${…}': '\${ZeekBase}/x'`],
  ["CompressLogs = yes", "CompressLogs must be 0 or 1, not 'yes'"],
  ["StopTimeout = 1m", "StopTimeout must be a number, 0 or more, not '1m'"],
  ["StopTimeout = -1", "StopTimeout must be a number, 0 or more, not '-1'"],
  ["ZeekPort = 0", "ZeekPort must be a number, from 1 to 65535, not '0'"],
  ["MetricsPort = 65536", "MetricsPort must be a number, from 0 to 65535, not '65536'"],
  ["CompressLogsInFlight = 10", "CompressLogsInFlight must be a number, from 0 to 9, not '10'"],
  ["CompressCmd = a,b", "CompressCmd must not contain ',': zeek-archiver's rule"],
  ["CompressExtension = .gz", "CompressExtension must be letters and digits, not '.gz'"],
  [
    "LogExpireInterval = 3 weeks",
    "LogExpireInterval must be a number and one of the units day, hr and min, not '3 weeks'",
  ],
  [
    "LogExpireInterval = 59 min",
    "LogExpireInterval is shorter than LogRotationInterval, 3600 seconds: no log would be kept",
  ],
  ["MemLimit = 4G", "MemLimit must be kilobytes or 'unlimited', not '4G'"],
  ["MemLimit = 0", "MemLimit must be kilobytes or 'unlimited', not '0'"],
  ["ClusterBackend = NATS", "ClusterBackend: unknown backend 'NATS'"],
  ["ClusterBackend = ZeroMO", "ClusterBackend: unknown backend 'ZeroMO'; did you mean 'ZeroMQ'?"],
  ["MetricsAddress = a b", "MetricsAddress must be an address, not 'a b'"],
  ["PFRINGClusterType = round-robin", "PFRINGClusterType: unknown type 'round-robin'"],
  [
    "TimeMachineHost = 1.2.3.4",
    "TimeMachineHost is for a Time Machine, which Zeek no longer has: leave it out",
  ],
  [
    "SitePolicyScripts = local.zeek x=1",
    "SitePolicyScripts has 'x=1', which Zeek would not take for a script",
  ],
  ["SitePolicyPath = /a:b", "SitePolicyPath must be absolute paths, not 'b'"],
  ["ZeekArgs = -f 'a", "ZeekArgs: a ' without its other half"],
  ["ZeekArgs = $X", "ZeekArgs: no shell reads this, so '$' would mean nothing: quote it"],
  ["ZeekArgs = -C -i eth0", "ZeekArgs: option -i is made by Coppice: set 'interface' instead"],
  ["ZeekArgs = --fliter x", "ZeekArgs: unknown option '--fliter'; did you mean '--filter'?"],
  ["Env_Vars = A", "Env_Vars: 'env_vars' has 'A', which has no '='"],
];

for (const [text, problem] of WRONG) {
  test(`'${text}' is wrong`, () => {
    assert.deepEqual(wrong(`# c\n${text}\n`), [`zeekctl.cfg:2: ${problem}`]);
  });
}

test("a log may expire as soon as it is rotated, or if none ever is", () => {
  assert.deepEqual(wrong("LogExpireInterval = 1 hr\n"), []);
  assert.deepEqual(wrong("LogExpireInterval = 1min\nLogRotationInterval=0\n"), []);
  assert.deepEqual(wrong("LogExpireInterval = 1\nLogRotationInterval = 86400\n"), []);
});

const NOTES: [text: string, note: string][] = [
  [
    "MailTo = a@b\nLogDir = /x\nMailHostUpDown = 1",
    "MailTo, MailHostUpDown: Coppice sends no mail: 'coppice events' tells what happens",
  ],
  [
    "CronCmd = /x\nMinDiskSpace = 5",
    "CronCmd, MinDiskSpace: there is no cron run: nodes are watched all the time",
  ],
  [
    "LogExpireInterval = 3 day",
    "LogExpireInterval: nothing is deleted from LogDir here: have systemd-tmpfiles or find do that",
  ],
  ["CommandTimeout = 60", "CommandTimeout: commands do not wait for other hosts"],
  [
    "StopWait = 1",
    "StopWait: stopping never waits for the archive: the archiver goes on by itself",
  ],
  [
    "StatsLogEnable = 1",
    "StatsLogEnable: no stats.log is written: each node's metrics port has its figures",
  ],
  ["HaveNFS = true", "HaveNFS: other hosts are not run yet"],
  ["xdp.enabled = 1", "'xdp.enabled': plugins of ZeekControl's are not run"],
  ["TmpDir = /x", "TmpDir: ZeekControl's own files are not used"],
  [
    "Zeek = /usr/bin/zeek",
    "Zeek names another Zeek, /usr/bin/zeek, which is taken to be 8.2.2 as well",
  ],
  [
    "MemLimit = 1000",
    "MemLimit counts address space, of which Zeek has far more than it uses: a node's memoryMax is exact",
  ],
  [
    "LogRotationInterval = 0",
    "LogRotationInterval is 0: logs stay where they are written, are not archived, and are lost at the next start",
  ],
];

for (const [text, note] of NOTES) {
  test(`${JSON.stringify(text)} is told of`, () => {
    assert.deepEqual(control(text).notes, [`zeekctl.cfg:1: ${note}`]);
  });
}

test("an option that asks for nothing that is not done needs no note", () => {
  const text =
    "MailHostUpDown=0\nSendMail=\nLogExpireInterval=0\nKeepLogs=\nMinDiskSpace=0\nStatsLogEnable=false\nCrashExpireInterval=0\nStopWait=0\nStatusCmdShowAll=0\nUseWebSocket=0\n";
  assert.deepEqual(control(text).notes, []);
});

test("every option either changes the plan or has a note", () => {
  const sample = { bool: "1", int: "7", interval: "2 day", string: "/x" };
  for (const { name, type, fate } of OPTIONS.filter((option) => option.fate !== "used")) {
    const { notes } = control(`${name} = ${sample[type]}\n`);
    assert.equal(notes.length, 1, name);
    assert.ok(notes[0]?.startsWith(`zeekctl.cfg:1: ${name}: `), `${name} (${fate}): ${notes[0]}`);
  }
});

/** Every used option, with a value that is not its default, changes something in some plan. */
const EFFECTIVE: Record<string, string> = {
  ZeekArgs: "-C",
  ClusterBackend: "Broker",
  MetricsAddress: "0.0.0.0",
  LogDir: "/x",
  SpoolDir: "/x",
  CompressCmd: "zstd",
  CompressExtension: "zst",
  SitePolicyScripts: "a b",
  SitePolicyPath: "/x:/y",
  Prefixes: "a:b",
  MemLimit: "1000",
  Env_Vars: "A=1",
  FileExtractDir: "/x",
  DefaultStoreDir: "/x",
  BrokerDBDir: "/x",
  PFRINGClusterType: "2-tuple",
  Zeek: "/x",
  BinDir: "/x",
  ZeekBase: "/x",
  "lb_custom.InterfacePrefix": "x",
  "lb_custom.InterfaceSuffix": "x",
  CompressLogs: "0",
  SaveTraces: "1",
  PrivateAddressSpaceIsLocal: "0",
  StopTimeout: "5",
  LogRotationInterval: "60",
  PcapSnaplen: "100",
  PcapBufsize: "1",
  PFRINGClusterID: "3",
  PFRINGFirstAppInstance: "1",
  ZeekPort: "20000",
  MetricsPort: "0",
  CompressLogsInFlight: "6",
};

const EVERYTHING = `${CLUSTER}[w-1]
type=worker
host=localhost
interface=zc:eth0
lb_procs=1
lb_method=pf_ring
[w-2]
type=worker
host=localhost
interface=eth1
lb_procs=1
lb_method=pf_ring
[w-3]
type=worker
host=localhost
interface=eth2
lb_procs=1
lb_method=custom
`;

test("every used option makes another plan", () => {
  const plain = plan(EVERYTHING).nodes;
  for (const { name } of OPTIONS.filter(({ fate }) => fate === "used")) {
    if (name === "TimeMachineHost") continue;
    const value = EFFECTIVE[name];
    assert.ok(value !== undefined, `no value for ${name}`);
    const { nodes } = plan(EVERYTHING, { zeekctl: `${name} = ${value}\n` });
    assert.notDeepEqual(nodes, plain, name);
  }
});

test("prefixes, traces, assignments and ZeekArgs, in this order", () => {
  const text = `${CLUSTER}aux_scripts = aux.zeek X=T\n`;
  const zeekctl =
    "Prefixes = a: b :\nSaveTraces = 1\nZeekArgs = -C\nSitePolicyScripts = one  two\n";
  const nodes = plan(text, { zeekctl });
  const { zeek: config } = node(nodes, "proxy-1");
  assert.deepEqual(config?.args, ["-p", "a", "-p", "b", "-p", "proxy-1", "X=T", "-C"]);
  assert.deepEqual(config?.scripts, ["one", "two", "coppice-settings", "aux.zeek"]);
});

test("only a node that reads packets writes a trace of them, as ZeekControl has it", () => {
  const { nodes } = plan(`${CLUSTER}[w-1]\ntype=worker\nhost=localhost\ninterface=x\n`, {
    zeekctl: "SaveTraces = 1\n",
  });
  const tracing = nodes.filter(({ zeek: config }) => config?.args?.includes("trace.pcap"));
  assert.deepEqual(
    tracing.map(({ name }) => name),
    ["w-1"],
  );
});

test("the site's scripts are found where Zeek has its site, or where SitePolicyPath says", () => {
  assert.deepEqual(zeek("").path, ["/opt/zeek/share/zeek/site"]);
  assert.deepEqual(zeek("SitePolicyPath = /a:/b").path, ["/a", "/b"]);
  const other = control("", { installation: { zeekPath: ["/elsewhere"] } });
  assert.deepEqual(node(other, "manager").zeek?.path, ["/opt/zeek/share/zeek/site"]);
});

test("MemLimit, in kilobytes, limits the address space, in bytes", () => {
  const limits = (text: string) => node(control(text), "manager").limits;
  assert.deepEqual(limits("MemLimit = 4096"), { as: 4_194_304 });
  assert.equal(limits("MemLimit = Unlimited"), undefined);
});

test("SIGKILL comes no sooner than StopTimeout, and no more than a signal later", () => {
  assert.deepEqual(node(control(""), "manager").stop, { interval: 2_000, attempts: 30 });
  for (const seconds of [0, 1, 2, 3, 5, 7, 59, 61, 3_600]) {
    const { interval, attempts } = stopPolicy(seconds);
    const kill = interval * attempts;
    assert.ok(Number.isInteger(interval) && attempts >= 1);
    assert.ok(
      kill >= Math.max(seconds, 1) * 1_000 && kill < Math.max(seconds, 1) * 1_000 + attempts,
      `${seconds}`,
    );
    assert.ok(interval < 4_000, `${seconds}`);
  }
});

const archiver = (zeekctl: string) =>
  control(zeekctl).nodes.find(({ name }) => name === "archiver")?.command;
const DIRS = ["/opt/zeek/spool/log-queue", "/opt/zeek/logs"];
const ARCHIVERS: [zeekctl: string, options: string[]][] = [
  ["", []],
  ["CompressLogs = 0", ["--compress="]],
  ["CompressCmd = zstd -9\nCompressExtension = zst", ["--compress=zst,zstd -9"]],
  ["CompressLogsInFlight = 6", ["--compress="]],
  [
    "CompressLogsInFlight = 6\nCompressExtension = zgz",
    ["--compress=", "--zip-extensions=gz,bz2,lz,lz4,zgz"],
  ],
];

for (const [zeekctl, options] of ARCHIVERS) {
  test(`the archiver with ${JSON.stringify(zeekctl)}`, () => {
    assert.deepEqual(archiver(zeekctl), ["/opt/zeek/bin/zeek-archiver", ...options, ...DIRS]);
  });
}

test("the archiver goes with BinDir, SpoolDir and LogDir, and is none without rotation", () => {
  assert.deepEqual(archiver("BinDir = /b/\nSpoolDir=/s/\nLogDir=/l\nZeek=/z\n"), [
    ...["/b/zeek-archiver", "/s/log-queue", "/l"],
  ]);
  assert.equal(archiver("LogRotationInterval = 0"), undefined);
});

test("directories are those that nodes do not make themselves", () => {
  assert.deepEqual(control("FileExtractDir =\nLogDir = /l/\n").directories, [
    ...["/opt/zeek/spool", "/opt/zeek/spool/log-queue", "/l"],
    ...["/opt/zeek/spool/stores", "/opt/zeek/spool/brokerstore"],
  ]);
});

test("ZeekBase moves everything that is not named by itself", () => {
  const moved = control("ZeekBase = /z\n");
  const { zeek: config, directory } = node(moved, "manager");
  assert.equal(config?.executable, "/z/bin/zeek");
  assert.equal(directory, "/z/spool/manager");
  assert.ok(moved.directories.includes("/z/logs"));
});

const BACKENDS: [version: string, zeekctl: string, backend: string][] = [
  ["9.0.0-rc1", "", "zeromq"],
  ["8.1.0", "", "zeromq"],
  ["8.0.5", "", "broker"],
  ["6.0.1", "", "broker"],
  ["9.1.0-dev.12", "ClusterBackend = broker", "broker"],
  ["7.1.0", "ClusterBackend = ZEROMQ", "zeromq"],
];

for (const [version, zeekctl, backend] of BACKENDS) {
  test(`Zeek ${version} with '${zeekctl}' has ${backend}`, () => {
    const made = control(zeekctl, { installation: { version } });
    assert.equal(node(made, "manager").zeek?.backend, backend);
    assert.equal(settingsScript(made).includes("ZeroMQ"), backend === "zeromq");
  });
}

test("a Zeek without ZeroMQ cannot have it", () => {
  assert.deepEqual(wrong("ClusterBackend = ZeroMQ\n", { installation: { version: "7.0.4" } }), [
    "zeekctl.cfg:1: ClusterBackend must be Broker: Zeek 7.0.4 has no other",
  ]);
});

test("before Zeek 5.2 ports began elsewhere", () => {
  const made = control("", { installation: { version: "5.1.3" } });
  assert.equal(node(made, "manager").cluster?.["manager"]?.port, 47_761);
});

test("strings in scripts are quoted", () => {
  const script = settingsScript(control('SpoolDir = /a"\\b\n'));
  assert.ok(script.includes('redef Cluster::default_store_dir = "/a\\"\\\\b/stores";'));
});

test("the settings of a standalone node", () => {
  const zeekctl = "CompressLogsInFlight = 3\nPrivateAddressSpaceIsLocal = 0\n";
  assert.equal(
    settingsScript(plan(STANDALONE, { zeekctl })),
    `# Made by Coppice from ZeekControl's files: whatever is changed here is lost.
@load base/frameworks/cluster
@load base/files/extract
redef global_hash_seed = "0123abcd";
redef Pcap::snaplen = 9216;
redef Pcap::bufsize = 128;
redef Cluster::default_store_dir = "/opt/zeek/spool/stores";
@ifdef ( Broker::table_store_db_directory )
redef Broker::table_store_db_directory = "/opt/zeek/spool/brokerstore";
@endif
@load base/utils/site
redef Site::private_address_space_is_local = F;
redef FileExtract::prefix = "/opt/zeek/spool/extract_files/zeek";
@load base/frameworks/cluster/nodes/logger
redef Log::default_rotation_interval = 3600 secs;
redef Log::default_rotation_postprocessor_cmd = "";
redef Log::default_rotation_dir = "/opt/zeek/spool/log-queue";
redef Log::rotation_format_func = archiver_rotation_format_func;
redef LogAscii::enable_leftover_log_rotation = T;
redef LogAscii::gzip_level = 3;
redef LogAscii::gzip_file_extension = "gz";
@ifdef ( Telemetry::metrics_port )
redef Telemetry::metrics_port = 9991/tcp;
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
redef Cluster::Backend::ZeroMQ::run_proxy_thread = T;
`,
  );
});

test("a standalone node with Broker listens at ZeekPort", () => {
  const script = settingsScript(
    plan(STANDALONE, { zeekctl: "ClusterBackend=Broker\nZeekPort=20000" }),
  );
  assert.ok(script.includes("redef Broker::default_port = 20000/tcp;\n"));
  assert.ok(script.includes("Broker::listen();"));
});

test("a standalone node's prefixes", () => {
  assert.deepEqual(node(plan(STANDALONE), "zeek").zeek?.args, [
    ...["-p", "standalone", "-p", "local", "-p", "zeek"],
  ]);
});

test("IPv6: endpoints and the metrics address have brackets, and ZeroMQ is told", () => {
  const text = CLUSTER.replaceAll("localhost", "::1");
  const script = settingsScript(plan(text, { zeekctl: "MetricsAddress = ::1\n" }));
  assert.ok(script.includes('listen_xpub_endpoint = "tcp://[::1]:27760";'));
  assert.ok(script.includes("redef Cluster::Backend::ZeroMQ::ipv6 = T;"));
  assert.ok(script.includes('redef Telemetry::metrics_address = "[::1]";'));
});

test("ZeroMQ is told of IPv6 if any node is at such an address", () => {
  const text = CLUSTER.replace(/(type = logger\nhost = )localhost/, "$1::1");
  const script = settingsScript(plan(text));
  assert.ok(script.includes('listen_xpub_endpoint = "tcp://127.0.0.1:27760";'));
  assert.ok(script.includes("redef Cluster::Backend::ZeroMQ::ipv6 = T;"));
  assert.ok(!settingsScript(plan(CLUSTER)).includes("::ipv6"));
});

test("an empty MetricsAddress leaves Zeek's own", () => {
  assert.ok(!settingsScript(control("MetricsAddress =\n")).includes("metrics_address"));
});

test("without a logger the manager rotates", () => {
  const text = "[m]\ntype=manager\nhost=localhost\n[p]\ntype=proxy\nhost=localhost\n";
  assert.ok(settingsScript(plan(text)).includes("local_node_type() == Cluster::MANAGER )"));
  assert.ok(settingsScript(control("")).includes("local_node_type() == Cluster::LOGGER )"));
});
