/** Zeek's records, with what Zeek has no field for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBinary } from "../../src/broker/binary/binary.ts";
import { decodeJson, encodeJson } from "../../src/broker/json/json.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  type Table,
  table,
  type Value,
} from "../../src/broker/values.ts";
import {
  configOf,
  configValue,
  nodeStatusOf,
  statusesOf,
  statusesValue,
  statusValue,
} from "../../src/control/records.ts";
import type { ClusterEndpoint, NodeConfig } from "../../src/core/config.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { acceptConfig } from "../../src/supervisor/config/config-schema.ts";

const FULL: NodeConfig = {
  name: "worker-1",
  interface: "eth0",
  directory: "/var/zeek/worker-1",
  stdoutFile: "stdout",
  stderrFile: "stderr",
  bareMode: true,
  addlBaseScripts: ["base.zeek"],
  addlUserScripts: ["local.zeek"],
  env: { FOO: "bar" },
  cpuAffinity: 3,
  cluster: { "worker-1": { role: "WORKER", host: "127.0.0.1", port: 0, metricsPort: 9911 } },
};
const ENDPOINT: Value = [
  enumValue("Supervisor::WORKER"),
  address("127.0.0.1"),
  port(0, "?"),
  null,
  null,
  port(9911),
];
const FULL_VALUE: Value = [
  "worker-1",
  "eth0",
  null,
  "/var/zeek/worker-1",
  "stdout",
  "stderr",
  true,
  ["base.zeek"],
  ["local.zeek"],
  table([["FOO", "bar"]]),
  integer(3),
  table([["worker-1", ENDPOINT]]),
];
const EMPTY_VALUE: readonly Value[] = [
  "a",
  null,
  null,
  null,
  null,
  null,
  null,
  [],
  [],
  table([]),
  null,
  table([]),
];

test("A.6: a NodeConfig has 12 fields, each in its place", () => {
  assert.deepEqual(configValue(FULL), FULL_VALUE);
  assert.deepEqual(configOf(FULL_VALUE), FULL);
  const pcap: NodeConfig = { name: "a", pcapFile: "/x.pcap" };
  assert.deepEqual((configValue(pcap) as Value[])[2], "/x.pcap");
  assert.deepEqual(configOf(configValue(pcap)), pcap);
});

test("A.6: what is not set is none, but for containers, which are empty", () => {
  assert.deepEqual(configValue({ name: "a" }), EMPTY_VALUE);
  assert.deepEqual(configOf(EMPTY_VALUE), { name: "a" });
});

test("A.6: what Zeek has no field for is one element more, as JSON", () => {
  const own: NodeConfig = { name: "a", command: ["sleep", "1"], stop: { attempts: 1 } };
  const value = configValue(own) as Value[];
  assert.equal(value.length, 13);
  assert.deepEqual(value.slice(0, 12), EMPTY_VALUE);
  assert.deepEqual(JSON.parse(String(value[12])), {
    command: ["sleep", "1"],
    stop: { attempts: 1 },
  });
  assert.deepEqual(configOf(value), own);
});

test("A.6: further elements and extra ones that mean nothing to us are ignored", () => {
  for (const extra of [["x", count(1)], ["{"], ["[1]"], ["null"], [null], [integer(3), "x"]]) {
    assert.deepEqual(configOf([...EMPTY_VALUE, ...extra]), { name: "a" });
  }
});

test("A.6: an extra element does not change the fields of Zeek's", () => {
  const config = configOf([
    "a",
    "eth0",
    ...EMPTY_VALUE.slice(2),
    JSON.stringify({ name: "b", interface: "eth1", command: ["x"] }),
  ]);
  assert.deepEqual(config, { name: "a", interface: "eth0", command: ["x"] });
});

test("A.6: __proto__ as a key or a field changes nothing but itself", () => {
  const value = [...EMPTY_VALUE];
  value[9] = table([["__proto__", "x"]]);
  const config = configOf(value);
  assert.ok(Object.hasOwn(config?.env ?? {}, "__proto__"));
  assert.equal(Object.getPrototypeOf(config?.env), Object.prototype);
  assert.throws(() => acceptConfig(config, () => undefined), /field 'env'/);
  const extra = configOf([...EMPTY_VALUE, '{"__proto__":{"command":["x"]}}']);
  assert.equal(extra?.command, undefined);
  assert.throws(() => acceptConfig(extra, () => undefined), /unknown field '__proto__'/);
});

const WRONG: [what: string, value: Value][] = [
  ["no vector", "a"],
  ["too few fields", EMPTY_VALUE.slice(0, 11)],
  ...EMPTY_VALUE.map((_, at): [string, Value] => [
    `field ${at}`,
    EMPTY_VALUE.with(at, at === 10 ? count(1) : integer(1)),
  ]),
  ["no name", EMPTY_VALUE.with(0, null)],
  ["containers of none", EMPTY_VALUE.with(9, null)],
  ["scripts that are none", EMPTY_VALUE.with(7, null)],
  ["a script that is no string", EMPTY_VALUE.with(8, ["a", integer(1)])],
  ["a variable that is no string", EMPTY_VALUE.with(9, table([["A", integer(1)]]))],
  ["a variable's name that is no string", EMPTY_VALUE.with(9, table([[integer(1), "A"]]))],
  ["a processor beyond all numbers", EMPTY_VALUE.with(10, integer(2n ** 62n))],
  ...(ENDPOINT as Value[]).map((_, at): [string, Value] => [
    `field ${at} of an endpoint`,
    EMPTY_VALUE.with(11, table([["x", (ENDPOINT as Value[]).with(at, integer(1))]])),
  ]),
  [
    "an endpoint of too few fields",
    EMPTY_VALUE.with(11, table([["x", (ENDPOINT as Value[]).slice(0, 5)]])),
  ],
  [
    "an unknown role",
    EMPTY_VALUE.with(11, table([["x", (ENDPOINT as Value[]).with(0, enumValue("WORKER"))]])),
  ],
];

for (const [what, value] of WRONG) {
  test(`A.6: no NodeConfig: ${what}`, () => assert.equal(configOf(value), undefined));
}

test("A.6: a ClusterEndpoint has 6 fields, and one more for a host that is a name", () => {
  const endpointValue = (endpoint: ClusterEndpoint) => {
    const value = configValue({ name: "a", cluster: { x: endpoint } }) as Value[];
    return firstOf(value[11]) as Value[];
  };
  const endpoint: ClusterEndpoint = { role: "LOGGER", host: "10.0.0.1", port: 1 };
  assert.deepEqual(endpointValue(endpoint), [
    enumValue("Supervisor::LOGGER"),
    address("10.0.0.1"),
    port(1),
    null,
    null,
    null,
  ]);
  assert.deepEqual(endpointValue({ ...endpoint, port: 0, metricsPort: 0 }).slice(2), [
    port(0, "?"),
    null,
    null,
    port(0, "?"),
  ]);
  assert.deepEqual(endpointValue({ ...endpoint, host: "localhost" }).slice(1, 2), [
    address("127.0.0.1"),
  ]);
  for (const host of ["localhost", "zeek.example", "2001:DB8::", "::1", ""]) {
    const config: NodeConfig = { name: "a", cluster: { x: { ...endpoint, host } } };
    assert.deepEqual(configOf(configValue(config)), config);
  }
  assert.equal(endpointValue({ ...endpoint, host: "zeek.example" }).length, 7);
});

test("A.5: 0/? and 0/unknown are the port of one that does not listen", () => {
  for (const text of ["0/?", "0/unknown"]) {
    const value = decodeJson(`{"@data-type":"port","data":"${text}"}`);
    const config = configOf(
      EMPTY_VALUE.with(11, table([["x", (ENDPOINT as Value[]).with(2, value)]])),
    );
    assert.equal(config?.cluster?.["x"]?.port, 0);
    assert.match(encodeJson(configValue(config!)), /"data":"0\/\?"/);
  }
});

test("A.6: a NodeStatus has 2 fields of Zeek's, the pid an integer or none, and one of ours", () => {
  const bare = { node: { name: "a" }, pid: 4711 } as NodeStatus;
  assert.deepEqual(statusValue(bare), [EMPTY_VALUE, integer(4711)]);
  const status: NodeStatus = {
    node: { name: "a" },
    state: "waiting",
    generation: 2,
    since: 5,
    lastExit: { signal: "SIGKILL", oom: true, at: 5 },
    nextStart: 6,
  };
  const value = statusValue(status) as Value[];
  assert.equal(value.length, 3);
  assert.deepEqual(value[1], null);
  assert.deepEqual(nodeStatusOf(value), status);
  assert.deepEqual(nodeStatusOf(statusValue({ ...status, pid: 5 })), { ...status, pid: 5 });
});

test("A.6: of a Zeek's node it is known whether it runs", () => {
  const known = { generation: 0, since: 0, node: { name: "a" } };
  assert.deepEqual(nodeStatusOf([EMPTY_VALUE, integer(7)]), { ...known, state: "running", pid: 7 });
  assert.deepEqual(nodeStatusOf([EMPTY_VALUE, null]), { ...known, state: "pending" });
  for (const wrong of [[EMPTY_VALUE], [EMPTY_VALUE, count(7)], ["a", null], "a", null]) {
    assert.equal(nodeStatusOf(wrong as Value), undefined);
  }
});

test("A.6: a Status has one field, a table by name", () => {
  const status = { node: { name: "a" }, pid: 1 } as NodeStatus;
  const value = statusesValue({ nodes: { a: status } });
  assert.deepEqual(value, [table([["a", [EMPTY_VALUE, integer(1)]]])]);
  assert.deepEqual(Object.keys(statusesOf(value)?.nodes ?? {}), ["a"]);
  for (const wrong of [
    [],
    [null],
    "a",
    [table([["a", "b"]])],
    [table([[count(1), EMPTY_VALUE]])],
  ]) {
    assert.equal(statusesOf(wrong as Value), undefined);
  }
});

test("C.4: a ClusterEndpoint in broker-bin-v1, byte by byte", () => {
  const value = configValue({
    name: "a",
    cluster: {
      w: { role: "WORKER", host: "127.0.0.1", port: 0, interface: "eth0", metricsPort: 9911 },
    },
  }) as Value[];
  const endpoint = firstOf(value[11]);
  const expected =
    "0e06 0b12 53757065727669736f723a3a574f524b4552 06 00000000000000000000ffff7f000001 " +
    "08 0000 00 0504 65746830 00 08 26b7 01";
  assert.equal(hex(endpoint), expected.replaceAll(" ", ""));
});

test("A.6: a configuration comes back as it was, whatever valid one it is", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((one) => !one.includes("\0"));
  const key = text.filter((one) => !["__proto__", "prototype", "constructor"].includes(one));
  const number = fc.integer({ min: 0, max: 65_535 });
  const endpoint = fc.record(
    {
      role: fc.constantFrom("NONE", "LOGGER", "MANAGER", "PROXY", "WORKER"),
      host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string()),
      port: number,
      interface: text,
      pcapFile: text,
      metricsPort: number,
    },
    { requiredKeys: ["role", "host", "port"] },
  );
  const filled = { minKeys: 1, maxKeys: 3, noNullPrototype: true };
  const config = fc.record(
    {
      name: fc.stringMatching(/^[a-z0-9-]{1,12}$/),
      interface: text,
      directory: text.map((one) => `/${one}`),
      stdoutFile: text,
      stderrFile: text,
      truncateOutput: fc.boolean(),
      bareMode: fc.boolean(),
      addlBaseScripts: fc.array(text, { minLength: 1, maxLength: 3 }),
      addlUserScripts: fc.array(text, { minLength: 1, maxLength: 3 }),
      env: fc.dictionary(
        key.filter((one) => !one.includes("=")),
        text,
        filled,
      ),
      cpuAffinity: number,
      cluster: fc.dictionary(key, endpoint, filled),
      command: fc.array(text, { minLength: 1, maxLength: 3 }),
      revival: fc.record({ limit: number, factor: fc.double({ min: 1, max: 9, noNaN: true }) }),
      stop: fc.record({ signal: fc.constantFrom("SIGTERM", "SIGHUP"), attempts: number }),
    },
    { requiredKeys: ["name"] },
  );
  fc.assert(
    fc.property(config, (given) => {
      const valid = acceptConfig(given, () => undefined);
      const value = configValue(valid);
      assert.deepEqual(configOf(value), valid);
      assert.deepEqual(configOf(decodeJson(encodeJson(value))), valid, "through JSON too");
    }),
    { numRuns: 300 },
  );
});

/** The first value of a table. */
function firstOf(value: Value | undefined): Value {
  return (value as Table).entries[0]![1];
}

function hex(value: Value): string {
  return Buffer.from(encodeBinary(value)).toString("hex");
}
