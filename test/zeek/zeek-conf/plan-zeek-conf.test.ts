/** Whole files become whole plans. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the templates of zeek.conf
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NodeConfig } from "../../../src/core/config.ts";
import { isAccount } from "../../../src/core/identity.ts";
import { acceptConfig } from "../../../src/supervisor/config/config-schema.ts";
import { wordsOf } from "../../../src/zeek/zeek-conf/keys.ts";
import { planZeekConf } from "../../../src/zeek/zeek-conf/plan-zeek-conf.ts";
import { INSTALLATION, installed, node, planned } from "./planning.ts";

const EXAMPLE = `# A small cluster.
interface = af_packet::eth1
workers = 2
workers_cpu_list = 4-5
manager = 1
loggers = 1
proxies = 1
`;

const SPOOL = "/opt/zeek/var/spool/zeek";
const POLICY = { revival: { delay: 1_000, factor: 1 }, stop: { interval: 2_000, attempts: 45 } };
const host = "127.0.0.1";
const CLUSTER = {
  manager: { role: "MANAGER", host, port: 27_760, metricsPort: 9_991 },
  "logger-1": { role: "LOGGER", host, port: 27_761, metricsPort: 9_992 },
  "proxy-1": { role: "PROXY", host, port: 27_762, metricsPort: 9_993 },
  "worker-1": { role: "WORKER", host, port: 0, metricsPort: 9_994 },
  "worker-2": { role: "WORKER", host, port: 0, metricsPort: 9_995 },
};

function zeekNode(name: string, own: Partial<NodeConfig> = {}): unknown {
  return {
    name,
    directory: `${SPOOL}/${name}`,
    ...own,
    env: { PATH: "/opt/zeek/bin:/usr/local/bin:/usr/bin:/bin" },
    zeek: {
      executable: "/opt/zeek/bin/zeek",
      backend: ["frameworks/cluster/backend/zeromq"],
      logScript: "policy/misc/systemd-generator",
      logQueue: `${SPOOL}/log-queue`,
      scripts: ["coppice-metrics-address.zeek"],
      files: {
        "coppice-metrics-address.zeek": 'redef Telemetry::metrics_address = "127.0.0.1";\n',
      },
      args: ["local"],
    },
    ...POLICY,
    cluster: CLUSTER,
  };
}

const EXPECTED = {
  nodes: [
    zeekNode("logger-1"),
    zeekNode("manager"),
    zeekNode("proxy-1"),
    zeekNode("worker-1", { interface: "af_packet::eth1", cpuAffinity: 4 }),
    zeekNode("worker-2", { interface: "af_packet::eth1", cpuAffinity: 5 }),
    {
      name: "archiver",
      directory: SPOOL,
      command: ["/opt/zeek/bin/zeek-archiver", `${SPOOL}/log-queue`, "/opt/zeek/var/logs/zeek"],
      ...POLICY,
    },
  ],
  notes: [],
  directories: [SPOOL, `${SPOOL}/log-queue`, "/opt/zeek/var/logs/zeek"],
};

test("a manager, a logger, a proxy, two pinned workers and the archiver: six processes", () => {
  assert.deepEqual(planned(EXAMPLE), EXPECTED);
});

test("8.x makes the same of the same file, less the manager that it always has", () => {
  assert.deepEqual(planned(EXAMPLE.replace("manager = 1\n", ""), "8.x"), EXPECTED);
});

test("the layout lists nodes in the order in which ports are counted", () => {
  const { cluster = {} } = node(planned(EXAMPLE), "worker-1");
  assert.deepEqual(Object.keys(cluster), Object.keys(CLUSTER));
});

test("the dialect follows the installed Zeek, unless it is told", () => {
  const source = { file: "zeek.conf", text: "interface = eth0" };
  assert.ok("plan" in planZeekConf(source, installed("8.x")));
  assert.ok("problems" in planZeekConf(source, installed("9.0")));
  assert.ok("plan" in planZeekConf(source, installed("9.0"), { dialect: "8.x" }));
});

const TWO = `[zeek]
manager = 1
loggers = 1
env = A=zeek
  B=zeek

[interface eth1]
interface = af_packet::eth1
workers = 3
worker_args = AF_Packet::fanout_id=1
worker_env =
  B=\${host_worker_index}

[interface eth-2]
interface = af_packet::eth2
workers = 4
workers_cpu_list = 8-11
worker_args = AF_Packet::fanout_id=2
  # really
`;

test("sections name the workers of their interface, and count their CPUs apart", () => {
  const plan = planned(TWO);
  assert.deepEqual(
    plan.nodes.map(({ name, interface: device, cpuAffinity, env, zeek }) => [
      name,
      device,
      cpuAffinity,
      env?.["A"],
      env?.["B"],
      zeek?.args?.join(" "),
    ]),
    [
      ["logger-1", undefined, undefined, "zeek", "zeek", "local"],
      ["manager", undefined, undefined, "zeek", "zeek", "local"],
      ...[1, 2, 3].map((index) => [
        `worker-eth1-${index}`,
        "af_packet::eth1",
        undefined,
        "zeek",
        `${index}`,
        "AF_Packet::fanout_id=1 local",
      ]),
      ...[1, 2, 3, 4].map((index) => [
        `worker-eth-2-${index}`,
        "af_packet::eth2",
        7 + index,
        "zeek",
        "zeek",
        "AF_Packet::fanout_id=2 # really local",
      ]),
      ["archiver", undefined, undefined, "zeek", "zeek", undefined],
    ],
  );
  assert.equal(node(plan, "worker-eth-2-4").directory, `${SPOOL}/worker-eth-2-4`);
  assert.equal(node(plan, "manager").cluster?.["worker-eth-2-4"]?.metricsPort, 9_999);
});

test("what is not done, or otherwise than by Zeek, is noted", () => {
  assert.deepEqual(planned(TWO).notes, [
    "zeek.conf:19: '# really' is a value of 'worker_args', since the line is indented: comments, options and sections begin in column 1",
    "zeek.conf: not set, and so 0, as Zeek 9.0 has it (8.x: 1): proxies",
    "zeek.conf:17: workers_cpu_list is counted for each interface, so worker-eth-2-1 runs on CPU 8; Zeek 9.0.0-rc1 counts the workers of all interfaces, for CPU 11",
  ]);
});

test("CPUs are not noted where both ways of counting come to the same", () => {
  const text = TWO.replace("workers = 3", "workers = 4").replace(/ {2}# really\n/, "");
  assert.deepEqual(planned(`${text}workers_numa_policy = default`).notes.slice(1), [
    "zeek.conf: not set, and so 0, as Zeek 9.0 has it (8.x: 1): proxies",
  ]);
});

test("which default held is noted for each key that is not there", () => {
  assert.deepEqual(planned("").notes, [
    "zeek.conf: not set, and so 0, as Zeek 9.0 has it (8.x: 1): manager, loggers, proxies",
  ]);
  assert.deepEqual(planned("interface=eth0\nproxies=2", "8.x").notes, [
    "zeek.conf: not set, and so 1, as Zeek 8.x has it (9.0: 0): loggers",
  ]);
});

test("two interfaces of AF_PACKET with one fanout id are noted, as the kernel refuses that", () => {
  const of = (name: string, device: string, more = "") =>
    `[interface ${name}]\ninterface = af_packet::${device}\nworkers = 1\n${more}`;
  const notes = (text: string) => planned(`[zeek]\nmanager=1\nloggers=1\nproxies=1\n${text}`).notes;
  const both = of("a", "eth0") + of("b", "eth1");
  assert.deepEqual(notes(both), [
    "zeek.conf:9: 'af_packet::eth1' has the fanout id 23 of 'af_packet::eth0': give one of them another with 'worker_args = AF_Packet::fanout_id=N'",
  ]);
  assert.deepEqual(notes(`${both}worker_args = AF_Packet::fanout_id=24\n`), []);
  const same = of("a", "eth0", "worker_args = AF_Packet::fanout_id=7\n");
  assert.equal(
    notes(`${same}${of("b", "eth1", "worker_args = AF_Packet::fanout_id=7")}`).length,
    1,
  );
  assert.deepEqual(notes(of("a", "eth0") + of("b", "eth0")), []);
  assert.deepEqual(notes(both.replaceAll("af_packet::", "")), []);
});

test("local memory needs a program, which is noted", () => {
  assert.deepEqual(planned(`${EXAMPLE}worker_numa_policy = local`).notes, [
    "zeek.conf:8: worker_numa_policy is set by numactl, which must be there",
  ]);
});

test("without an interface 8.x runs nothing", () => {
  for (const text of ["", "# nothing", "interface =\nworkers = 5\naddress = 203.0.113.1"]) {
    const plan = planned(text, "8.x");
    assert.deepEqual(plan.nodes, []);
    assert.deepEqual(plan.notes, [
      "zeek.conf: no interface, and so nothing runs, as Zeek 8.x has it",
    ]);
  }
});

for (const [version, loggers, logScript] of [
  ["8.0.4", 1, undefined],
  ["8.1.0", 1, "policy/misc/systemd-generator"],
  ["8.2.2", 0, undefined],
  ["9.0.0", 0, "policy/misc/systemd-generator"],
] as const) {
  test(`Zeek ${version} with ${loggers} loggers rotates logs with ${logScript ?? "Coppice's script"}`, () => {
    const text = `interface=eth0\nworkers=1\nproxies=0\nloggers=${loggers}`;
    const plan = planned(text, "8.x", { ...INSTALLATION, version });
    for (const { zeek } of plan.nodes.filter(({ name }) => name !== "archiver")) {
      assert.equal(zeek?.logScript, logScript);
    }
  });
}

test("a layout of the user's own may have its manager where it likes", () => {
  const plan = planned("loggers=1\ncluster_layout=/etc/zeek/layout.zeek");
  assert.equal(node(plan, "logger-1").cluster?.["logger-1"]?.port, 27_760);
});

test("the Supervisor accepts every node of a plan", () => {
  const text = `${TWO}worker_nice = -3\nworkers_numa_policy = local\n`;
  for (const config of [...planned(text).nodes, ...planned("interface=eth0", "8.x").nodes]) {
    assert.equal(acceptConfig(config, () => undefined).name, config.name);
  }
});

const word = fc.constantFrom(...wordsOf("9.0", "unnamed"), "metrics_address", "Workers", "x", "");
const value = fc.oneof(
  fc.constantFrom("0", "1", "2", "eth0", "/opt", "4-7", "A=${worker_index}", "127.0.0.1", "", "'"),
  fc.string({ unit: "binary" }),
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(word, value).map(([key, text]) => `${key} = ${text}`) },
  value.map((text) => `  ${text}`),
  fc.constantFrom("[zeek]", "[interface a]", "[interface b]", "[x]", "# c", ""),
  fc.string({ unit: "binary" }),
);
const anything = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));
/** Most of these come to nodes, or nearly so. */
const nearlyRight = fc
  .tuple(fc.constantFrom("8.x", "9.0"), fc.array(line, { maxLength: 2 }))
  .map(([dialect, lines]) => {
    const manager = dialect === "9.0" ? ["manager=1", "loggers=1"] : [];
    return ["interface=eth0", "workers=2", ...manager, ...lines].join("\n");
  });
const file = fc.oneof(anything, nearlyRight);

for (const dialect of ["8.x", "9.0"] as const) {
  test(`${dialect}: no file makes it throw, every problem has a line of the file, every node is accepted`, () => {
    fc.assert(
      fc.property(file, (text) => {
        const result = planZeekConf({ file: "zeek.conf", text }, INSTALLATION, { dialect });
        if ("plan" in result) {
          const taken = new Set<string>();
          for (const { user = "0", group = "0", ...config } of result.plan.nodes) {
            assert.ok([user, group].every((account) => isAccount(String(account))));
            acceptConfig(config, (name) => (taken.has(name) ? { name } : undefined));
            taken.add(config.name);
          }
          return;
        }
        assert.ok(result.problems.length > 0);
        for (const { line: at, text: said } of result.problems) {
          assert.ok(at !== undefined && at >= 1 && at <= text.split("\n").length, said);
        }
      }),
      { numRuns: 2_000 },
    );
  });
}

test("at an IPv6 address ZeroMQ is told of it, as long as it is ZeroMQ", () => {
  const text = "manager = 1\nloggers = 1\nmetrics_port = 0\naddress = [::1]\n";
  const files = (more = "") => node(planned(`${text}${more}`), "logger-1").zeek?.files;
  assert.deepEqual(files(), {
    "coppice-ipv6.zeek":
      "@ifdef ( Cluster::Backend::ZeroMQ::ipv6 )\nredef Cluster::Backend::ZeroMQ::ipv6 = T;\n@endif\n",
  });
  assert.equal(files("cluster_backend_args = frameworks/cluster/backend/broker\n"), undefined);
});
