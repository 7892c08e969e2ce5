/** What each key of a zeek.conf becomes, in each dialect that has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../../src/zeek/plan.ts";
import type { Dialect } from "../../../src/zeek/zeek-conf/dialect.ts";
import { KEYS, keyOf, wordsOf } from "../../../src/zeek/zeek-conf/keys.ts";
import { node, planned, problems } from "./planning.ts";

type Look = (plan: Plan) => unknown;
interface Case {
  /** What the file says besides. */
  beside?: string;
  value: string;
  look: Look;
  expected: unknown;
  /** What holds without the key, where that is another thing; by dialect if they differ. */
  without?: unknown;
}

const env = (name: string, variable: string) => (plan: Plan) => node(plan, name).env?.[variable];
const args = (name: string) => (plan: Plan) => node(plan, name).zeek?.args;
const wrapper = (name: string) => (plan: Plan) => node(plan, name).zeek?.wrapper;
const nice = (name: string) => (plan: Plan) => node(plan, name).nice;
const memoryMax = (name: string) => (plan: Plan) => node(plan, name).memoryMax;
const command = (plan: Plan) => node(plan, "archiver").command;
const endpoint = (plan: Plan) => node(plan, "logger-1").cluster?.["logger-1"];
const names = (role: string) => (plan: Plan) =>
  plan.nodes.map(({ name }) => name).filter((name) => name.startsWith(role));
const note = (plan: Plan) => plan.notes.filter((text) => /^zeek.conf:\d+: /.test(text));

const ARCHIVER = ["/opt/zeek/bin/zeek-archiver", "/opt/zeek/var/spool/zeek/log-queue"];
const LOGS = "/opt/zeek/var/logs/zeek";

/** Beside each stand a manager, a logger, a proxy and a worker, unless the key is about them. */
const CASES: Record<string, Case[]> = {
  manager: [{ value: "1", look: names("manager"), expected: ["manager"], without: [] }],
  loggers: [
    {
      value: "2",
      look: names("logger"),
      expected: ["logger-1", "logger-2"],
      without: { "8.x": ["logger-1"], "9.0": [] },
    },
  ],
  proxies: [
    {
      value: "2",
      look: names("proxy"),
      expected: ["proxy-1", "proxy-2"],
      without: { "8.x": ["proxy-1"], "9.0": [] },
    },
  ],
  interface: [
    { value: "eth7", look: (plan) => node(plan, "worker-1").interface, expected: "eth7" },
  ],
  workers: [{ value: "2", look: names("worker"), expected: ["worker-1", "worker-2"] }],
  worker_args: [
    {
      value: "a 'b c'",
      look: args("worker-1"),
      expected: ["a", "b c", "local"],
      without: ["local"],
    },
  ],
  worker_env: [{ value: "A= b 'c'", look: env("worker-1", "A"), expected: " b 'c'" }],
  workers_cpu_list: [
    { value: "3,5", look: (plan) => node(plan, "worker-1").cpuAffinity, expected: 3 },
    { value: "", look: (plan) => node(plan, "worker-1").cpuAffinity, expected: undefined },
  ],
  worker_numa_policy: [
    {
      beside: "worker_nice=5\n",
      value: "local",
      look: (plan) => [wrapper("worker-1")(plan), nice("worker-1")(plan)],
      expected: [["numactl", "--localalloc"], 5],
      without: [undefined, 5],
    },
    { value: "local", look: wrapper("worker-1"), expected: ["numactl", "--localalloc"] },
    { value: "default", look: wrapper("worker-1"), expected: undefined },
  ],
  workers_numa_policy: [
    { value: "local", look: wrapper("worker-1"), expected: ["numactl", "--localalloc"] },
  ],
  worker_nice: [
    { value: "-5", look: nice("worker-1"), expected: -5 },
    { value: "0", look: nice("worker-1"), expected: undefined },
  ],
  worker_memory_max: [{ value: "2G", look: memoryMax("worker-1"), expected: "2G" }],
  args: [
    {
      value: "a X::y=5 -e 'print 1;'",
      look: args("manager"),
      expected: ["a", "X::y=5", "-e", "print 1;"],
      without: ["local"],
    },
    { value: "", look: args("worker-1"), expected: ["local"] },
  ],
  manager_args: [
    { value: "m", look: args("manager"), expected: ["m", "local"], without: ["local"] },
    { value: "m", look: args("logger-1"), expected: ["local"] },
  ],
  logger_args: [
    { value: "l", look: args("logger-1"), expected: ["l", "local"], without: ["local"] },
  ],
  proxy_args: [{ value: "p", look: args("proxy-1"), expected: ["p", "local"], without: ["local"] }],
  archiver_args: [
    {
      value: "-i 5 -z 'a b'",
      look: command,
      expected: [ARCHIVER[0], "-i", "5", "-z", "a b", ARCHIVER[1], LOGS],
      without: [...ARCHIVER, LOGS],
    },
  ],
  env: [
    { value: "A=1", look: env("manager", "A"), expected: "1" },
    { value: "A=1", look: env("archiver", "A"), expected: "1" },
    { value: "A=1\n  PATH=/x", look: env("worker-1", "PATH"), expected: "/x", without: PATH() },
  ],
  manager_env: [
    { beside: "env=A=0\n", value: "A=1", look: env("manager", "A"), expected: "1", without: "0" },
  ],
  logger_env: [{ value: "A=1", look: env("logger-1", "A"), expected: "1" }],
  proxy_env: [{ value: "A=1", look: env("proxy-1", "A"), expected: "1" }],
  archiver_env: [
    { value: "A=1", look: (plan) => node(plan, "archiver").env, expected: { A: "1" } },
  ],
  manager_nice: [{ value: "5", look: nice("manager"), expected: 5 }],
  logger_nice: [
    { value: "5", look: nice("logger-1"), expected: 5 },
    { value: "", look: nice("logger-1"), expected: undefined },
  ],
  proxy_nice: [{ value: "5", look: nice("proxy-1"), expected: 5 }],
  archiver_nice: [
    {
      value: "5",
      look: nice("archiver"),
      expected: 5,
    },
  ],
  manager_memory_max: [{ value: "1G", look: memoryMax("manager"), expected: "1G" }],
  logger_memory_max: [{ value: "1G", look: memoryMax("logger-1"), expected: "1G" }],
  proxy_memory_max: [
    { value: "1G", look: memoryMax("proxy-1"), expected: "1G" },
    { value: "", look: note, expected: [] },
  ],
  archiver_memory_max: [{ value: "1G", look: memoryMax("archiver"), expected: "1G" }],
  manager_cpu_set: [
    { value: "7,4-6,4", look: wrapper("manager"), expected: ["taskset", "-c", "4-7"] },
    {
      beside: "manager_nice=1\n",
      value: "0",
      look: wrapper("manager"),
      expected: ["taskset", "-c", "0"],
    },
  ],
  logger_cpu_set: [{ value: "1", look: wrapper("logger-1"), expected: ["taskset", "-c", "1"] }],
  proxy_cpu_set: [{ value: "1", look: wrapper("proxy-1"), expected: ["taskset", "-c", "1"] }],
  archiver_cpu_set: [
    {
      value: "1",
      look: command,
      expected: ["taskset", "-c", "1", ...ARCHIVER, LOGS],
      without: [...ARCHIVER, LOGS],
    },
  ],
  user: [
    { value: "zeek", look: (plan) => node(plan, "manager").user, expected: "zeek" },
    { value: "zeek", look: (plan) => node(plan, "archiver").user, expected: "zeek" },
  ],
  group: [{ value: "zeek", look: (plan) => node(plan, "worker-1").group, expected: "zeek" }],
  restart_interval_sec: [
    {
      value: "10",
      look: (plan) => node(plan, "archiver").revival,
      expected: { delay: 10_000, factor: 1 },
      without: { delay: 1_000, factor: 1 },
    },
    {
      value: "10",
      look: note,
      expected: [
        "zeek.conf:1: a node starts again 10 s after its last start at the earliest, and the delay does not grow, as systemd's does not",
      ],
    },
  ],
  base_dir: [
    {
      value: "/srv/zeek/",
      look: (plan) => [
        node(plan, "manager").directory,
        node(plan, "manager").zeek?.executable,
        node(plan, "manager").zeek?.logQueue,
        node(plan, "manager").zeek?.path,
        node(plan, "manager").env?.["PATH"],
        command(plan),
        plan.directories,
      ],
      expected: [
        "/srv/zeek/var/spool/zeek/manager",
        "/srv/zeek/bin/zeek",
        "/srv/zeek/var/spool/zeek/log-queue",
        ["", "/policy", "/site", "/builtin-plugins"].map((end) => `/srv/zeek/share/zeek${end}`),
        PATH("/srv/zeek"),
        [
          "/srv/zeek/bin/zeek-archiver",
          "/srv/zeek/var/spool/zeek/log-queue",
          "/srv/zeek/var/logs/zeek",
        ],
        [
          "/srv/zeek/var/spool/zeek",
          "/srv/zeek/var/spool/zeek/log-queue",
          "/srv/zeek/var/logs/zeek",
        ],
      ],
      without: [
        "/opt/zeek/var/spool/zeek/manager",
        "/opt/zeek/bin/zeek",
        ARCHIVER[1],
        undefined,
        PATH(),
        [...ARCHIVER, LOGS],
        ["/opt/zeek/var/spool/zeek", ARCHIVER[1], LOGS],
      ],
    },
  ],
  path: [
    {
      value: "/a:/b",
      look: env("proxy-1", "PATH"),
      expected: "/opt/zeek/bin:/a:/b",
      without: PATH(),
    },
  ],
  ext_path: [
    {
      value: "/a:/b",
      look: env("proxy-1", "PATH"),
      expected: `/a:/b:${PATH()}`,
      without: PATH(),
    },
  ],
  ext_zeek_path: [
    { value: "/a::b", look: (plan) => node(plan, "proxy-1").zeek?.path, expected: ["/a", "b"] },
  ],
  cluster_backend_args: [
    {
      beside: "args = -C site\n",
      value: "mine -B plugin-Mine X=T",
      look: (plan) => {
        const { backend, args: rest } = node(plan, "proxy-1").zeek ?? {};
        return { backend, rest };
      },
      expected: { backend: ["mine", "X=T"], rest: ["-B", "plugin-Mine", "-C", "site"] },
    },
    {
      value: "frameworks/cluster/backend/broker 'x y'",
      look: (plan) => node(plan, "proxy-1").zeek?.backend,
      expected: ["frameworks/cluster/backend/broker", "x y"],
      without: ["frameworks/cluster/backend/zeromq"],
    },
  ],
  port: [
    {
      value: "5000",
      look: endpoint,
      expected: { role: "LOGGER", host: "127.0.0.1", port: 5001, metricsPort: 9992 },
      without: { role: "LOGGER", host: "127.0.0.1", port: 27761, metricsPort: 9992 },
    },
  ],
  cluster_port: [
    {
      value: "5000",
      look: (plan) => endpoint(plan)?.port,
      expected: 5001,
      without: 27761,
    },
  ],
  address: [
    {
      value: "[2001:DB8::7]",
      look: (plan) => endpoint(plan)?.host,
      expected: "2001:DB8::7",
      without: "127.0.0.1",
    },
  ],
  cluster_address: [
    {
      value: "192.0.2.7",
      look: (plan) => endpoint(plan)?.host,
      expected: "192.0.2.7",
      without: "127.0.0.1",
    },
  ],
  metrics_port: [
    { value: "7000", look: (plan) => endpoint(plan)?.metricsPort, expected: 7001, without: 9992 },
    {
      value: "0",
      look: (plan) => [endpoint(plan), node(plan, "worker-1").zeek?.scripts],
      expected: [{ role: "LOGGER", host: "127.0.0.1", port: 27761 }, undefined],
      without: [
        { role: "LOGGER", host: "127.0.0.1", port: 27761, metricsPort: 9992 },
        ["coppice-metrics-address.zeek"],
      ],
    },
  ],
  metrics_address: [
    {
      value: "[::]",
      look: metricsScript,
      expected: 'redef Telemetry::metrics_address = "[::]";\n',
      without: 'redef Telemetry::metrics_address = "127.0.0.1";\n',
    },
  ],
  cluster_layout: [
    {
      value: "/etc/l.zeek",
      look: (plan) => node(plan, "proxy-1").zeek?.layout,
      expected: "/etc/l.zeek",
    },
  ],
  cluster_node_prefix: [
    { value: "", look: names("manager"), expected: ["manager"] },
    {
      value: "c-1",
      look: ({ nodes }) => nodes.map(({ name, directory }) => [name, directory]),
      expected: [
        ["c-1-logger-1", "/opt/zeek/var/spool/zeek/logger-1"],
        ["manager", "/opt/zeek/var/spool/zeek/manager"],
        ["c-1-proxy-1", "/opt/zeek/var/spool/zeek/proxy-1"],
        ["c-1-worker-1", "/opt/zeek/var/spool/zeek/worker-1"],
        ["archiver", "/opt/zeek/var/spool/zeek"],
      ],
    },
    {
      value: "c",
      look: (plan) => Object.keys(node(plan, "c-worker-1").cluster ?? {}),
      expected: ["manager", "c-logger-1", "c-proxy-1", "c-worker-1"],
    },
  ],
  archiver: [
    { value: "0", look: names("archiver"), expected: [], without: ["archiver"] },
    { value: "1", look: names("archiver"), expected: ["archiver"] },
  ],
};

/** Rules of one dialect alone. */
const ALONE: Record<Dialect, Record<string, Case[]>> = {
  "8.x": {
    archiver: [{ value: "FALSE", look: names("archiver"), expected: [], without: ["archiver"] }],
    workers_cpu_list: [
      { value: "1, 3- 5", look: (plan) => node(plan, "worker-1").cpuAffinity, expected: 1 },
    ],
    worker_nice: [{ value: "", look: wrapper("worker-1"), expected: undefined }],
    worker_memory_max: [{ value: "", look: note, expected: [] }],
  },
  "9.0": {
    archiver: [
      {
        beside: "archiver_args=-x\n",
        value: "/opt/own -a 'b c'",
        look: command,
        expected: ["/opt/own", "-a", "b c", "-x"],
        without: [ARCHIVER[0], "-x", ARCHIVER[1], LOGS],
      },
    ],
    env: [
      {
        value: "ZEEK_TELEMETRY_LISTEN_ADDRESS=0.0.0.0",
        look: metricsScript,
        expected: 'redef Telemetry::metrics_address = "0.0.0.0";\n',
        without: 'redef Telemetry::metrics_address = "127.0.0.1";\n',
      },
    ],
    address: [
      {
        value: "[::1]",
        look: metricsScript,
        expected: 'redef Telemetry::metrics_address = "[::1]";\n',
      },
    ],
    workers_numa_policy: [
      {
        value: "default",
        look: note,
        expected: [
          "zeek.conf:1: 'workers_numa_policy' is deprecated: Zeek 9.1 has 'worker_numa_policy' alone",
        ],
      },
    ],
  },
};

function PATH(base = "/opt/zeek"): string {
  return `${base}/bin:/usr/local/bin:/usr/bin:/bin`;
}

function metricsScript(plan: Plan): string | undefined {
  return node(plan, "worker-1").zeek?.files?.["coppice-metrics-address.zeek"];
}

/** As far as the dialect has these keys, and the case is not about them. */
function others(word: string, dialect: Dialect): string {
  const lines = { interface: "eth0", workers: "1", manager: "1", loggers: "1", proxies: "1" };
  return Object.entries(lines)
    .filter(([key]) => key !== word && keyOf(key, dialect) !== undefined)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join("");
}

for (const dialect of ["8.x", "9.0"] as const) {
  for (const word of wordsOf(dialect, "unnamed")) {
    const cases = [...(CASES[word] ?? []), ...(ALONE[dialect][word] ?? [])];
    test(`${dialect}: '${word}' becomes what the table says`, () => {
      assert.ok(cases.length > 0, "the table has no case of it");
      for (const { beside = "", value, look, expected } of cases) {
        const plan = planned(`${word} = ${value}\n${beside}${others(word, dialect)}`, dialect);
        assert.deepEqual(look(plan), expected);
      }
    });
    for (const { beside = "", look, without } of cases) {
      // Without these a worker cannot be, or nothing is left but to refuse the file.
      if (["interface", "workers", "manager"].includes(word) || without === undefined) continue;
      test(`${dialect}: without '${word}' its default holds`, () => {
        const plan = planned(`${beside}${others(word, dialect)}`, dialect);
        const isByDialect = typeof without === "object" && without !== null && dialect in without;
        const value = isByDialect ? (without as Record<Dialect, unknown>)[dialect] : without;
        assert.deepEqual(look(plan), value);
      });
    }
  }
}

test("8.x has one worker and one manager unless told otherwise, 9.0 no manager", () => {
  assert.deepEqual(
    planned("interface=eth0\nloggers=0\nproxies=0", "8.x").nodes.map(({ name }) => name),
    ["manager", "worker-1", "archiver"],
  );
  assert.deepEqual(planned("loggers=0\nproxies=0", "9.0").nodes, []);
});

test("every key of one dialect alone is refused in the other, by name", () => {
  for (const [dialect, other] of [
    ["8.x", "9.0"],
    ["9.0", "8.x"],
  ] as const) {
    const known = wordsOf(dialect, "unnamed");
    for (const word of wordsOf(other, "unnamed").filter((name) => !known.includes(name))) {
      assert.deepEqual(problems(`${word} = 1`, dialect), [
        `zeek.conf:1: unknown key '${word}': it is of Zeek ${other}, and this file is read as of Zeek ${dialect}`,
      ]);
    }
  }
});

test("keys belong into the section that the table says, and into no other", () => {
  for (const [word, { section }] of Object.entries(KEYS)) {
    if (keyOf(word, "9.0") === undefined) continue;
    const wrong = section === "zeek" ? "interface a" : "zeek";
    assert.match(problems(`[${wrong}]\n${word} = 1`).join("\n"), /: it belongs into /, word);
  }
});
