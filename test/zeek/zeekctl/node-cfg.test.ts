/** Each key of node.cfg, and each error between its nodes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { problemText } from "../../../src/zeek/plan.ts";
import { readNodeCfg } from "../../../src/zeek/zeekctl/node-cfg.ts";
import { CLUSTER, node, plan, problems, STANDALONE, withWorker } from "./fixtures.ts";

function read(text: string) {
  const { sections, problems: found, notes } = readNodeCfg({ file: "node.cfg", text });
  assert.deepEqual(found, []);
  return { section: sections.at(-1)!, notes: notes.map(problemText) };
}

test("a section with every key", () => {
  const { section, notes } = read(`[w]
Type = worker
host = localhost
interface = eth0
lb_procs = 2
lb_method = custom
pin_cpus = 3, 5
env_vars = A=1, B = x=y ,C=,D="one;two  three",E='$PATH',F=a b,G=""
aux_scripts = one.zeek "two three" Site::x=T
zone_id = eth0
af_packet.fanout_id = 7
af_packet_fanout_mode = AF_Packet::FANOUT_HASH
af_packet_buffer_size = 128*1024*1024
af_packet_block_size = 4096
af_packet_block_timeout = 10msec
af_packet_enable_fanout = T
af_packet_enable_defrag = F
af_packet_enable_hw_timestamping = T
af_packet_checksum_validation_mode = AF_Packet::CHECKSUM_ON
af_packet_link_type = 1
`);
  const { lineOf, ...rest } = section;
  assert.deepEqual(rest, {
    name: "w",
    line: 1,
    type: "worker",
    host: "localhost",
    interface: "eth0",
    balance: { procs: 2, method: "custom", interfaces: [] },
    cpus: [3, 5],
    env: { A: "1", B: "x=y", C: "", D: "one;two  three", E: "$PATH", F: "a b", G: "" },
    scripts: ["one.zeek", "two three"],
    assignments: ["Site::x=T"],
    zoneId: "eth0",
    afPacket: [
      { option: "fanout_id", value: "7" },
      { option: "fanout_mode", value: "AF_Packet::FANOUT_HASH" },
      { option: "buffer_size", value: "128*1024*1024" },
      { option: "block_size", value: "4096" },
      { option: "block_timeout", value: "10msec" },
      { option: "enable_fanout", value: "T" },
      { option: "enable_defrag", value: "F" },
      { option: "enable_hw_timestamping", value: "T" },
      { option: "checksum_validation_mode", value: "AF_Packet::CHECKSUM_ON" },
      { option: "link_type", value: "1" },
    ],
  });
  assert.equal(lineOf("host"), 3);
  assert.equal(lineOf("ether"), 1);
  assert.deepEqual(notes, []);
});

test("an empty value is as good as none", () => {
  const { section } = read(
    "[w]\ntype=worker\nhost=h\ninterface=\nlb_procs=\nlb_method=\npin_cpus=\nenv_vars=\naux_scripts=\naf_packet_fanout_id=\n",
  );
  assert.equal(section.balance, undefined);
  assert.deepEqual(
    [section.cpus, section.env, section.scripts, section.afPacket],
    [[], {}, [], []],
  );
});

test("lists go on over several lines", () => {
  const { section } = read(
    "[w]\ntype=worker\nhost=h\npin_cpus = 1,\n  2\nenv_vars = A=1,\n  B=2\naux_scripts = a\n  b\n",
  );
  assert.deepEqual(section.cpus, [1, 2]);
  assert.deepEqual(section.env, { A: "1", B: "2" });
  assert.deepEqual(section.scripts, ["a", "b"]);
});

/** What a worker's keys, the first of them on line 13, are refused with. */
const WRONG_KEYS: [keys: string, problem: string][] = [
  ["lb_proc = 2", "unknown key 'lb_proc'; did you mean 'lb_procs'?"],
  ["colour = red", "unknown key 'colour'"],
  [
    "lb_procs = 2",
    "'lb_procs' needs 'lb_method': af_packet, pf_ring, myricom, custom or interfaces",
  ],
  ["lb_method = custom", "'lb_method' needs 'lb_procs': how many processes"],
  ["lb_procs = 0\nlb_method = custom", "'lb_procs' must be a number from 1 to 4096, not '0'"],
  ["lb_procs = -1\nlb_method = custom", "'lb_procs' must be a number from 1 to 4096, not '-1'"],
  ["lb_procs = two\nlb_method = custom", "'lb_procs' must be a number from 1 to 4096, not 'two'"],
  ["lb_procs = 1e9\nlb_method = custom", "'lb_procs' must be a number from 1 to 4096, not '1e9'"],
  [
    "lb_method = af_paket\nlb_procs = 1",
    "unknown load balancing method 'af_paket'; did you mean 'af_packet'?",
  ],
  [
    "lb_method = interfaces\nlb_procs = 2",
    "'lb_method = interfaces' needs 'lb_interfaces', one for each process",
  ],
  [
    "lb_interfaces = a,b,c\nlb_method = interfaces\nlb_procs = 2",
    "2 processes need as many interfaces, not 3",
  ],
  [
    "lb_interfaces = a,\nlb_method = interfaces\nlb_procs = 2",
    "'lb_interfaces' must be names with commas between them",
  ],
  ["lb_method = af_packet\nlb_procs = 2", "'lb_method = af_packet' needs 'interface'"],
  ["lb_method = pf_ring\nlb_procs = 2", "'lb_method = pf_ring' needs 'interface'"],
  [
    "interface = af_packet::eth0\nlb_method = af_packet\nlb_procs = 2",
    "'lb_method = af_packet' puts 'af_packet::' before it: leave that out here",
  ],
  ["pin_cpus = 1,x", "'pin_cpus' must be numbers with commas between them, not 'x'"],
  ["pin_cpus = -1", "'pin_cpus' must be numbers with commas between them, not '-1'"],
  [
    "pin_cpus = 1-3",
    "'pin_cpus' must be numbers with commas between them, not '1-3': write a range number by number",
  ],
  ["env_vars = A=1,B", "'env_vars' has 'B', which has no '='"],
  ["env_vars = A=1,", "'env_vars' has '', which has no '='"],
  ["env_vars = =1", "'env_vars' has '=1', which has no name"],
  ["env_vars = A B=1", "'env_vars' must be NAME=VALUE with commas between them: 'A B=1'"],
  ["env_vars = CLUSTER_NODE=x", "'env_vars' cannot set CLUSTER_NODE: it is the node's name"],
  ["env_vars = ZEEKPATH=x", "'env_vars' cannot set ZEEKPATH: name directories in SitePolicyPath"],
  ["env_vars = A='x", "'env_vars' has 'A='x': a ' without its other half"],
  [
    "env_vars = A=$HOME",
    "'env_vars' has 'A=$HOME': no shell reads this, so '$' would mean nothing: quote it",
  ],
  [`env_vars = A="x" y`, `'env_vars' has 'A="x" y': quote all of it, or nothing`],
  ["aux_scripts = -C", "'aux_scripts' has an option, '-C': options go into ZeekArgs"],
  ["aux_scripts = 'a", "'aux_scripts': a ' without its other half"],
  [
    "af_packet_fanout_id = a",
    "'af_packet_fanout_id' must be a number, or a product such as 128*1024*1024, not 'a'",
  ],
  ["af_packet_enable_defrag = 1", "'af_packet_enable_defrag' must be T or F, not '1'"],
  [
    "af_packet_block_timeout = 10",
    "'af_packet_block_timeout' must be a time as Zeek writes it, such as 10msec, not '10'",
  ],
  [
    "af_packet_fanout_mode = X; exit()",
    "'af_packet_fanout_mode' must be a name of Zeek's, such as AF_Packet::FANOUT_HASH, not 'X; exit()'",
  ],
  [
    "interface = eth0\n  pin_cpus = 1",
    "'interface' is one line: line 14, 'pin_cpus = 1', is indented, and so continues it",
  ],
];

for (const [keys, problem] of WRONG_KEYS) {
  test(`${JSON.stringify(keys)} of a worker is wrong`, () => {
    assert.deepEqual(problems(withWorker(keys)), [`node.cfg:13: node 'worker-1': ${problem}`]);
  });
}

const NOTED: [keys: string, note: string][] = [
  ["ether = 1:2:3", "'ether' means nothing"],
  ["count = 3", "'count' means nothing: nodes are numbered by their order in the file"],
  ["zeekbase = /x", "'zeekbase' means nothing: Zeek is used where it is installed"],
  ["zone_id = eth0", "'zone_id' is left out: it is for clusters of several hosts"],
  ["pin_cpus = 1,2,3", "no process is left for CPU 2, 3: it has 1"],
  ["pin_cpus = 1,2,3\nlb_procs = 2\nlb_method = custom", "no process is left for CPU 3: it has 2"],
  ["lb_interfaces = a,b", "'lb_interfaces' means nothing without 'lb_method = interfaces'"],
  ["af_packet_fanout_id = 3", "'af_packet_fanout_id' means nothing without 'lb_procs'"],
];

for (const [keys, note] of NOTED) {
  test(`${JSON.stringify(keys)} of a worker is told of`, () => {
    assert.deepEqual(plan(withWorker(keys)).notes, [`node.cfg:13: node 'worker-1': ${note}`]);
  });
}

const WRONG_FILES: [what: string, text: string, problems: string[]][] = [
  ["no node", "# nothing\n", ["node.cfg: it names no node"]],
  [
    "a node without type or host",
    `${CLUSTER}[x]\n`,
    [
      "node.cfg:10: node 'x': it needs 'type': logger, manager, proxy, worker or standalone",
      "node.cfg:10: node 'x': it needs 'host': a name or an address",
    ],
  ],
  [
    "a type that there is not",
    `${CLUSTER}[x]\ntype=Worker\nhost=localhost\n`,
    ["node.cfg:11: node 'x': unknown type 'Worker'; did you mean 'worker'?"],
  ],
  [
    "two managers",
    `${CLUSTER}[m2]\ntype=manager\nhost=localhost\n`,
    ["node.cfg:10: node 'm2' is a second manager: 'manager' is the first"],
  ],
  [
    "neither manager nor proxy",
    "[w]\ntype=worker\nhost=localhost\n",
    ["node.cfg: a cluster needs a manager", "node.cfg: a cluster needs a proxy"],
  ],
  [
    "no proxy",
    "[m]\ntype=manager\nhost=localhost\n[w]\ntype=worker\nhost=localhost\n",
    ["node.cfg: a cluster needs a proxy"],
  ],
  [
    "a standalone node beside others",
    `${STANDALONE}[p]\ntype=proxy\nhost=localhost\n[z2]\ntype=standalone\nhost=localhost\n`,
    [
      "node.cfg:5: node 'p' stands beside 'zeek', which is standalone: the only node",
      "node.cfg:8: node 'z2' stands beside 'zeek', which is standalone: the only node",
    ],
  ],
  [
    "a host that cannot be resolved",
    `${CLUSTER}[w]\ntype=worker\nhost=nowhere\n`,
    ["node.cfg:12: node 'w': host 'nowhere' has no address"],
  ],
  [
    "a worker on another host",
    CLUSTER.replaceAll("localhost", "sensor") +
      "[worker-1]\ntype=worker\nhost=far\n[worker-2]\ntype=worker\nhost=10.0.0.2\n",
    [
      "node.cfg:12: node 'worker-1' is on host 'far', which is not this machine: other hosts are not run yet",
      "node.cfg:15: node 'worker-2' is on host '10.0.0.2', which is not this machine: other hosts are not run yet",
    ],
  ],
  [
    "a standalone node on another host",
    STANDALONE.replace("localhost", "far"),
    [
      "node.cfg:3: node 'zeek' is on host 'far', which is not this machine: other hosts are not run yet",
    ],
  ],
  [
    "a manager at 127.0.0.1 and a worker that is not",
    `${CLUSTER}[w]\ntype=worker\nhost=sensor\n`,
    [
      "node.cfg:12: node 'w' is at 10.0.0.1, but the manager at 127.0.0.1: give all nodes the same host",
    ],
  ],
  [
    "names that differ in capitals",
    `${CLUSTER}[Proxy-1]\ntype=proxy\nhost=localhost\n`,
    ["node.cfg:10: node name 'Proxy-1' is taken: node 'proxy-1', line 7"],
  ],
  [
    "a name that another worker's process has",
    `${withWorker("lb_procs=2\nlb_method=custom")}[Worker-1-2]\ntype=worker\nhost=localhost\n`,
    ["node.cfg:15: node name 'Worker-1-2' is taken: node 'worker-1', line 10"],
  ],
  [
    "the archiver's name",
    `${CLUSTER}[Archiver]\ntype=worker\nhost=localhost\n`,
    ["node.cfg:10: node name 'Archiver' is taken: Coppice's own"],
  ],
  [
    "a name that cannot be one",
    `${CLUSTER}[a b]\ntype=worker\nhost=localhost\n`,
    [
      "node.cfg:10: node name 'a b' must be letters, digits, '_', '.' and '-', at most 190, a letter or digit first",
    ],
  ],
  [
    "load balancing of what is no worker",
    `${CLUSTER}lb_procs = 2\nlb_method = custom\n`,
    ["node.cfg:10: node 'proxy-1': 'lb_procs' is for workers alone, and this is a proxy"],
  ],
  [
    "a manager that logs over IPv6 with ZeroMQ",
    "[m]\ntype=manager\nhost=::1\n[p]\ntype=proxy\nhost=::1\n",
    ["node.cfg:1: node 'm' cannot log over IPv6 with ZeroMQ: add a logger"],
  ],
];

for (const [what, text, expected] of WRONG_FILES) {
  test(`${what} is an error`, () => assert.deepEqual(problems(text), expected));
}

test("all errors are told, in the order of their lines; none that may follow from another", () => {
  const text =
    "[m]\ntype=manager\nhost=far\n[p]\ntype=prxy\nhost=localhost\nfoo=1\n[w]\nhost=far\n";
  assert.deepEqual(problems(text), [
    "node.cfg:3: node 'm' is on host 'far', which is not this machine: other hosts are not run yet",
    "node.cfg:5: node 'p': unknown type 'prxy'; did you mean 'proxy'?",
    "node.cfg:7: node 'p': unknown key 'foo'",
    "node.cfg:8: node 'w': it needs 'type': logger, manager, proxy, worker or standalone",
  ]);
});

test("a cluster needs neither a logger nor a worker", () => {
  const text = "[m]\ntype=manager\nhost=localhost\n[p]\ntype=proxy\nhost=localhost\n";
  assert.deepEqual(problems(text), []);
});

const HOSTS: [host: string, address: string][] = [
  ["localhost", "127.0.0.1"],
  ["10.0.0.1", "10.0.0.1"],
  ["sensor", "10.0.0.1"],
  ["six", "2001:DB8::1"],
  ["::1", "::1"],
  ["zoned", "fe80::1"],
  ["fe80::1%%eth0", "fe80::1"],
  ["127.0.1.1", "127.0.1.1"],
];

for (const [host, address] of HOSTS) {
  test(`host ${host} is this machine, at ${address}`, () => {
    const { cluster = {} } = node(plan(CLUSTER.replaceAll("localhost", host)), "manager");
    for (const endpoint of Object.values(cluster)) assert.equal(endpoint.host, address);
  });
}

test("this machine's own name needs no resolver", () => {
  const files = { installation: { hostName: "Lonely" } };
  const { cluster = {} } = node(plan(CLUSTER.replaceAll("localhost", "lonely"), files), "manager");
  assert.equal(cluster["manager"]?.host, "127.0.0.1");
});
