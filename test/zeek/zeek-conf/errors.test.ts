/** What is wrong with a zeek.conf is told in Zeek's words, with the line and with what was meant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planZeekConf } from "../../../src/zeek/zeek-conf/plan-zeek-conf.ts";
import { INSTALLATION, problems } from "./planning.ts";

const ETH = "interface=eth0\nworkers=1\nmanager=1\n";
const MATCH = "(must match /interface [-_a-z0-9]+/)";

const NINE: [text: string, ...expected: string[]][] = [
  // The texts of Zeek.
  ["interface=eth0\nworkers = 1x", "2: invalid workers value: '1x'"],
  ["interface=eth0\nworkers = -1", "2: invalid workers value: '-1'"],
  // What Coppice makes itself, or Zeek would not take.
  [
    `${ETH}args = local -i eth0`,
    "4: invalid args value 'local -i eth0': option -i is made by Coppice: set 'interface' instead",
  ],
  [
    `${ETH}worker_args =\n --fliter x`,
    "4: invalid worker_args value '--fliter x': unknown option '--fliter'; did you mean '--filter'?",
  ],
  [
    "cluster_backend_args = x --colour",
    "1: invalid cluster_backend_args value 'x --colour': unknown option '--colour'",
  ],
  [
    "manager_env =\n A=1\n CLUSTER_NODE=x",
    "3: error in manager_env: CLUSTER_NODE cannot be set: it is the node's name",
  ],
  ["env = ZEEK_STEM=x", "1: error in env: ZEEK_STEM cannot be set: Zeek's own supervisor does"],
  ["loggers = z", "1: invalid loggers value: 'z'"],
  ["proxies =", "1: invalid proxies value: ''"],
  ["manager = 2", "1: invalid manager value: '2'"],
  [`${ETH}workers_cpu_list = a,b`, "4: invalid workers_cpu_list value 'a,b'"],
  ["manager_cpu_set = -1", "1: invalid manager_cpu_set '-1'"],
  [`${ETH}worker_nice = cba`, "4: invalid worker_nice value 'cba'"],
  [`${ETH}worker_nice =`, "4: invalid worker_nice value ''"],
  ["logger_memory_max = 17P", "1: invalid logger_memory_max '17P'"],
  [`${ETH}worker_memory_max =`, "4: invalid worker_memory_max ''"],
  ["address = 10.0.0.256", "1: invalid address '10.0.0.256'"],
  ["cluster_address = ::1", "1: invalid address '::1'"],
  ["workers = 2", "1: found workers but no interface option"],
  ["workers = 0", "1: found workers but no interface option"],
  ["interface = eth0", "1: found interface but no worker option"],
  [
    "[interface a]\nworkers = 2",
    "2: found workers but no interface option in section 'interface a'",
  ],
  [
    "[interface a]\ninterface = eth0",
    "2: found interface but no worker option in section 'interface a'",
  ],
  [
    "[interface a]\ninterface =\nworkers = 0",
    "2: empty interface option not allowed in section 'interface a'",
  ],
  [
    "[interface a]\nworker_nice = 5",
    "1: empty interface option not allowed in section 'interface a'",
  ],
  ["interface =\nworkers = 1", "1: empty interface option not allowed"],
  ["[zeek]\n[interface a]", "2: empty section"],
  [
    "[interface ETH]\ninterface=x\nworkers=1",
    `1: invalid interface name in 'interface ETH' ${MATCH}`,
  ],
  ["[interface]\ninterface=x\nworkers=1", `1: invalid interface name in 'interface' ${MATCH}`],
  [
    "[interfaces a]\ninterface=x\nworkers=1",
    `1: invalid interface name in 'interfaces a' ${MATCH}`,
  ],
  [
    "[interface eth2]\nargs = a\ninterface=x\nworkers=1",
    "2: invalid option 'args' in section 'interface eth2': it belongs into [zeek]",
  ],
  ["[zeek]\nx = 1", "2: invalid key 'x' in section 'zeek'"],
  [
    "[zeek]\nworkers = 1",
    "2: invalid key 'workers' in section 'zeek': it belongs into an [interface NAME] section",
  ],
  ["[zeek]\nmanager_nice =", "2: invalid key 'manager_nice' in section 'zeek': no value"],
  ["[zeek]\nproxy_memory_max =", "2: invalid key 'proxy_memory_max' in section 'zeek': no value"],
  ["[zeek]\nloggers = z", "2: invalid loggers value: 'z' in section 'zeek'"],
  [`${ETH}workers=2`, "4: duplicate option 'workers'"],
  ["[zeek]\nargs=a\nargs=b\n  c", "3: duplicate option 'args' in section 'zeek'"],
  ["[zeek]\n[interface a]\n[zeek]\nargs=a", "3: duplicate section 'zeek'"],
  ["workers 2", "1: invalid line 'workers 2'"],
  ["[zeek]\nworkers 2", "2: invalid line 'workers 2' in section 'zeek'"],
  ["=2", "1: invalid line '=2'"],
  ["  args = a", "1: unexpected continuation line '  args = a'"],
  ["[zeek]\n args", "2: unexpected continuation line ' args' in section 'zeek'"],
  ["loggers = 1\n  2", "2: multiple values for 'loggers' given"],
  ["[zeek]\nuser =\n\n a", "4: multiple values for 'user' given in section 'zeek'"],
  ["args = a\n[zeek]\nuser = a", "1: options in unnamed section mixed with options in sections"],
  ["env = A", "1: error in env: invalid env value 'A'"],
  [`${ETH}worker_env =\n A=1\n # b`, "6: error in worker_env: invalid env value '# b'"],
  [
    "cluster_node_prefix = A",
    "1: invalid cluster_node_prefix 'A' (must be empty or match /[a-z0-9][-_a-z0-9]+/)",
  ],
  // What Zeek passes over without a word, or finds out later.
  [
    "Workers=2",
    "1: invalid line 'Workers=2': keys begin with a small letter; did you mean 'workers'?",
  ],
  ["worker = 2", "1: unknown key 'worker'; did you mean 'workers'?"],
  ["xyzzy = 2", "1: unknown key 'xyzzy'"],
  ["[zeke]\nx = 1", "1: unknown section 'zeke'; did you mean 'zeek'?"],
  ["[intreface a]\nx = 1", "1: unknown section 'intreface a'; did you mean 'interface NAME'?"],
  ["[workers]", "1: unknown section 'workers'"],
  ["args = a\0b", "1: invalid line: it has a NUL character"],
  [
    "metrics_address = 127.0.0.1",
    "1: unknown key 'metrics_address': it is of Zeek 8.x, and this file is read as of Zeek 9.0",
  ],
  ["port=1\ncluster_port=1", "2: duplicate option 'cluster_port': 'port' on line 1 is the same"],
  ["port = 0", "1: invalid port value: '0'"],
  ["cluster_port = 65536", "1: invalid cluster_port value: '65536'"],
  ["metrics_port = x", "1: invalid metrics_port value: 'x'"],
  ["restart_interval_sec = 1s", "1: invalid restart_interval_sec value: '1s'"],
  [`${ETH}worker_numa_policy = x`, "4: invalid worker_numa_policy value 'x'"],
  [`${ETH}workers_numa_policy = x`, "4: invalid workers_numa_policy value 'x'"],
  ["base_dir = opt", "1: invalid base_dir value 'opt': it must begin with '/'"],
  ["cluster_layout = a.zeek", "1: invalid cluster_layout value 'a.zeek': it must begin with '/'"],
  ["archiver = yes", "1: invalid archiver value: 'yes'"],
  ["archiver =", "1: invalid archiver value: ''"],
  ["args = -e 'a", "1: invalid args value '-e 'a': a quote or a backslash has no end"],
  ["loggers = 1001", "1: invalid loggers value: '1001'"],
  // What is not done yet, or cannot work.
  [
    "address = 192.0.2.8",
    "1: address '192.0.2.8' is none of this host's: that is not supported yet, all nodes run on this host",
  ],
  [
    "interface = eth0\nworkers = 2",
    "2: no manager, which the other nodes need: set 'manager = 1' (Zeek 9.0 runs none unless told to, 8.x always ran one)",
  ],
  [
    "manager = 0\nloggers = 1",
    "1: no manager, which the other nodes need: set 'manager = 1' (Zeek 9.0 runs none unless told to, 8.x always ran one)",
  ],
  [
    "manager = 1\naddress = [::1]",
    "2: a manager that logs does not work at an IPv6 address ('[::1]') over ZeroMQ: set 'loggers = 1'",
  ],
  [
    "manager=1\nloggers=2\nport=65534",
    "3: invalid port value: '65534': 3 ports are needed from there, and 65535 is the last",
  ],
  [
    `${ETH}metrics_port=65535`,
    "4: invalid metrics_port value: '65535': 2 ports are needed from there, and 65535 is the last",
  ],
];

for (const [text, ...expected] of NINE) {
  test(`9.0: ${JSON.stringify(text)} is refused`, () =>
    assert.deepEqual(
      problems(text),
      expected.map((line) => `zeek.conf:${line}`),
    ));
}

const EIGHT: [text: string, expected: string][] = [
  ["workers", "1: invalid line 'workers'"],
  ["[zeek]", "1: invalid line '[zeek]': Zeek 8.x has no sections, 9.0 has"],
  ["worker = 2", "1: unknown key 'worker'; did you mean 'workers'?"],
  ["= 2", "1: unknown key ''"],
  [
    "manager = 1",
    "1: unknown key 'manager': it is of Zeek 9.0, and this file is read as of Zeek 8.x",
  ],
  [
    "cluster_port = 1",
    "1: unknown key 'cluster_port': it is of Zeek 9.0, and this file is read as of Zeek 8.x",
  ],
  ["interface = eth0\nworkers = 4 # four", "2: invalid workers value: '4 # four'"],
  ["archiver = /opt/archiver", "1: invalid archiver value: '/opt/archiver'"],
  ["metrics_address = any", "1: invalid metrics_address 'any'"],
];

for (const [text, expected] of EIGHT) {
  test(`8.x: ${JSON.stringify(text)} is refused`, () =>
    assert.deepEqual(problems(text, "8.x"), [`zeek.conf:${expected}`]));
}

test("all that is wrong is told at once, in the order of the lines", () => {
  assert.deepEqual(problems("[interface b]\nworkers=x\ninterface=y\n[zeek]\nloggers=y\nfoo=1"), [
    "zeek.conf:2: invalid workers value: 'x' in section 'interface b'",
    "zeek.conf:5: invalid loggers value: 'y' in section 'zeek'",
    "zeek.conf:6: invalid key 'foo' in section 'zeek'",
  ]);
});

test("the file of one host of several is refused in 9.0 alone", () => {
  const source = { file: "/etc/zeek/cluster/c-mgr.zeek.conf", text: "interface=" };
  const refused = planZeekConf(source, INSTALLATION);
  assert.ok("problems" in refused);
  assert.match(refused.problems[0]?.text ?? "", /several hosts, which is not supported yet/);
  assert.ok("plan" in planZeekConf(source, INSTALLATION, { dialect: "8.x" }));
});
