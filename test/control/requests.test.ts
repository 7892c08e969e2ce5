/** The events of SupervisorControl: their arguments, and their bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBinary } from "../../src/broker/binary/binary.ts";
import { eventOf, eventValue } from "../../src/broker/event.ts";
import { decodeDataMessage, encodeDataMessage } from "../../src/broker/json/json.ts";
import { Message } from "../../src/broker/message.ts";
import { count, integer, table, type Value } from "../../src/broker/values.ts";
import { configValue } from "../../src/control/records.ts";
import {
  isKnown,
  MODULE,
  NODE_STATUS_TOPIC,
  nodeStatusEvent,
  requestOf,
  response,
} from "../../src/control/requests.ts";
import type { Status } from "../../src/core/status.ts";
import {
  A8_CREATE_REQUEST,
  A8_DESTROY_REQUEST,
  A8_NODE_STATUS,
  A8_RESTART_REQUEST,
  A8_RESTART_RESPONSE,
  A8_STATUS_REQUEST,
  A8_STATUS_RESPONSE,
  A8_STOP_REQUEST,
} from "../fixtures/zeek-messages.ts";

const CONFIG = configValue({ name: "a" });
const STATUS: Value = [table([["a", [CONFIG, integer(1)]]])];
/** Each event with arguments that fit. */
const EVENTS: [name: string, ...args: Value[]][] = [
  ["create_request", "r", CONFIG],
  ["create_response", "r", ""],
  ["destroy_request", "r", "a"],
  ["destroy_response", "r", true],
  ["restart_request", "r", ""],
  ["restart_response", "r", false],
  ["status_request", "r", "a"],
  ["status_response", "r", STATUS],
  ["stop_request"],
  ["node_status", "a", count(1)],
];

for (const [kind, ...args] of EVENTS) {
  const name = `${MODULE}${kind}`;
  test(`A.7: ${kind} has its number of arguments, each of its type`, () => {
    assert.ok(isKnown({ name, args }));
    assert.ok(!isKnown({ name, args: [...args, "x"] }));
    for (const at of args.keys()) {
      assert.ok(!isKnown({ name, args: args.toSpliced(at, 1) }));
      assert.ok(!isKnown({ name, args: args.with(at, integer(1)) }), `argument ${at}`);
      assert.ok(!isKnown({ name, args: args.with(at, null) }), `argument ${at}`);
    }
    assert.equal(requestOf({ name, args }) !== undefined, kind.endsWith("_request"));
  });
}

test("A.7: other events are none of the module's", () => {
  for (const name of [
    `${MODULE}restart`,
    MODULE,
    "",
    "restart_request",
    `${"x".repeat(MODULE.length)}restart_request`,
    `${MODULE}__proto__`,
  ]) {
    assert.ok(!isKnown({ name, args: ["r", ""] }), name);
    assert.equal(requestOf({ name, args: ["r", ""] }), undefined);
  }
});

test("F.3: an integer for a count, or a count for an integer, does not fit", () => {
  const name = `${MODULE}node_status`;
  assert.ok(!isKnown({ name, args: ["a", integer(1)] }));
  const status = {
    name: `${MODULE}status_response`,
    args: ["r", [table([["a", [CONFIG, count(1)]]])]],
  };
  assert.ok(!isKnown(status));
});

test("A.8: the requests of the specification are understood", () => {
  const request = (text: string) => requestOf(eventOf(decodeDataMessage(text).value)!);
  assert.deepEqual(request(A8_RESTART_REQUEST), { kind: "restart", id: "reqid", node: "" });
  assert.deepEqual(request(A8_STATUS_REQUEST), { kind: "status", id: "r3", node: "" });
  assert.deepEqual(request(A8_DESTROY_REQUEST), { kind: "destroy", id: "r2", node: "worker-1" });
  assert.deepEqual(request(A8_STOP_REQUEST), { kind: "stop" });
  assert.deepEqual(request(A8_CREATE_REQUEST), {
    kind: "create",
    id: "r1",
    config: {
      name: "worker-1",
      interface: "eth0",
      directory: "/var/zeek/worker-1",
      stdoutFile: "stdout",
      stderrFile: "stderr",
      bareMode: true,
      addlUserScripts: ["local.zeek", "/opt/site/extra.zeek"],
      env: { FOO: "bar", ZEEK_X: "1" },
      cpuAffinity: 3,
      cluster: {
        manager: { role: "MANAGER", host: "127.0.0.1", port: 10_000 },
        "worker-1": {
          role: "WORKER",
          host: "127.0.0.1",
          port: 0,
          interface: "eth0",
          metricsPort: 9911,
        },
      },
    },
  });
});

test("A.8: create_request of the specification, made here, byte by byte", () => {
  const request = requestOf(eventOf(decodeDataMessage(A8_CREATE_REQUEST).value)!);
  assert.ok(request?.kind === "create");
  const event = {
    name: `${MODULE}create_request`,
    args: [request.id, configValue(request.config)],
  };
  assert.equal(
    new Message("zeek/supervisor", eventValue(event)).as(encodeDataMessage),
    A8_CREATE_REQUEST,
  );
});

const FOO = { nodes: { foo: { node: { name: "foo" }, pid: 4711 } } } as unknown as Status;

test("A.8: the responses of the specification, byte by byte", () => {
  const json = (answer: Parameters<typeof response>[0]) => {
    const { topic, event } = response(answer);
    return new Message(topic, eventValue(event)).as(encodeDataMessage);
  };
  assert.equal(json({ kind: "status", id: "r3", result: FOO }), A8_STATUS_RESPONSE);
  assert.equal(json({ kind: "restart", id: "reqid", result: true }), A8_RESTART_RESPONSE);
  assert.equal(
    new Message(NODE_STATUS_TOPIC, eventValue(nodeStatusEvent("worker-1", 4711))).as(
      encodeDataMessage,
    ),
    A8_NODE_STATUS,
  );
  assert.equal(
    response({ kind: "destroy", id: "", result: true }).topic,
    "zeek/supervisor/destroy_response/",
  );
});

test("C.4: status_response and node_status of the specification, byte by byte", () => {
  const hex = (event: Parameters<typeof eventValue>[0]) =>
    Buffer.from(encodeBinary(eventValue(event))).toString("hex");
  const status =
    "0e03 020000000000000001 020000000000000001 0e02 0522 53757065727669736f72436f6e74726f6c3a3a7374617475735f726573706f6e7365 0e02 0502 7233 0e01 0d01 0503 666f6f 0e02 0e0c 0503666f6f 00 00 00 00 00 00 0e00 0e00 0d00 00 0d00 03 0000000000001267";
  const { event } = response({ kind: "status", id: "r3", result: FOO });
  assert.equal(hex(event), status.replaceAll(" ", ""));
  const started =
    "0e03 020000000000000001 020000000000000001 0e02 051e 53757065727669736f72436f6e74726f6c3a3a6e6f64655f737461747573 0e02 0508 776f726b65722d31 020000000000001267";
  assert.equal(hex(nodeStatusEvent("worker-1", 4711)), started.replaceAll(" ", ""));
});
