/** Messages as Zeek writes them, byte by byte, and what they say. */
import { eventValue } from "../../src/broker/event.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  table,
  timestamp,
  type Value,
} from "../../src/broker/values.ts";

/** "worker-1" in the cluster of the example's node. */
export const WORKER: Value = [
  enumValue("Supervisor::WORKER"),
  address("127.0.0.1"),
  port(0, "?"),
  "eth0",
  null,
  port(9911, "tcp"),
];
const MANAGER: Value = [
  enumValue("Supervisor::MANAGER"),
  address("127.0.0.1"),
  port(10000, "tcp"),
  null,
  null,
  null,
];
const CONFIG: Value = [
  "worker-1",
  "eth0",
  null,
  "/var/zeek/worker-1",
  "stdout",
  "stderr",
  true,
  [],
  ["local.zeek", "/opt/site/extra.zeek"],
  table([
    ["FOO", "bar"],
    ["ZEEK_X", "1"],
  ]),
  integer(3),
  table([
    ["manager", MANAGER],
    ["worker-1", WORKER],
  ]),
];
const FOO: Value = ["foo", null, null, null, null, null, null, [], [], table([]), null, table([])];

export interface DataExample {
  topic: string;
  value: Value;
  json: string;
}

/** A.8 */
export const DATA_MESSAGES: Record<string, DataExample> = {
  restartRequest: {
    topic: "zeek/supervisor",
    value: event("restart_request", "reqid", ""),
    json: '{"type":"data-message","topic":"zeek/supervisor","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::restart_request"},{"@data-type":"vector","data":[{"@data-type":"string","data":"reqid"},{"@data-type":"string","data":""}]}]}]}',
  },
  restartResponse: {
    topic: "zeek/supervisor/restart_response/reqid",
    value: event("restart_response", "reqid", true),
    json: '{"type":"data-message","topic":"zeek/supervisor/restart_response/reqid","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::restart_response"},{"@data-type":"vector","data":[{"@data-type":"string","data":"reqid"},{"@data-type":"boolean","data":true}]}]}]}',
  },
  createRequest: {
    topic: "zeek/supervisor",
    value: event("create_request", "r1", CONFIG),
    json: '{"type":"data-message","topic":"zeek/supervisor","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::create_request"},{"@data-type":"vector","data":[{"@data-type":"string","data":"r1"},{"@data-type":"vector","data":[{"@data-type":"string","data":"worker-1"},{"@data-type":"string","data":"eth0"},{"@data-type":"none","data":{}},{"@data-type":"string","data":"/var/zeek/worker-1"},{"@data-type":"string","data":"stdout"},{"@data-type":"string","data":"stderr"},{"@data-type":"boolean","data":true},{"@data-type":"vector","data":[]},{"@data-type":"vector","data":[{"@data-type":"string","data":"local.zeek"},{"@data-type":"string","data":"/opt/site/extra.zeek"}]},{"@data-type":"table","data":[{"key":{"@data-type":"string","data":"FOO"},"value":{"@data-type":"string","data":"bar"}},{"key":{"@data-type":"string","data":"ZEEK_X"},"value":{"@data-type":"string","data":"1"}}]},{"@data-type":"integer","data":3},{"@data-type":"table","data":[{"key":{"@data-type":"string","data":"manager"},"value":{"@data-type":"vector","data":[{"@data-type":"enum-value","data":"Supervisor::MANAGER"},{"@data-type":"address","data":"127.0.0.1"},{"@data-type":"port","data":"10000/tcp"},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}}]}},{"key":{"@data-type":"string","data":"worker-1"},"value":{"@data-type":"vector","data":[{"@data-type":"enum-value","data":"Supervisor::WORKER"},{"@data-type":"address","data":"127.0.0.1"},{"@data-type":"port","data":"0/?"},{"@data-type":"string","data":"eth0"},{"@data-type":"none","data":{}},{"@data-type":"port","data":"9911/tcp"}]}}]}]}]}]}]}',
  },
  createResponse: {
    topic: "zeek/supervisor/create_response/r1",
    value: event("create_response", "r1", ""),
    json: '{"type":"data-message","topic":"zeek/supervisor/create_response/r1","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::create_response"},{"@data-type":"vector","data":[{"@data-type":"string","data":"r1"},{"@data-type":"string","data":""}]}]}]}',
  },
  statusRequest: {
    topic: "zeek/supervisor",
    value: event("status_request", "r3", ""),
    json: '{"type":"data-message","topic":"zeek/supervisor","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::status_request"},{"@data-type":"vector","data":[{"@data-type":"string","data":"r3"},{"@data-type":"string","data":""}]}]}]}',
  },
  statusResponse: {
    topic: "zeek/supervisor/status_response/r3",
    value: event("status_response", "r3", [table([["foo", [FOO, integer(4711)]]])]),
    json: '{"type":"data-message","topic":"zeek/supervisor/status_response/r3","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::status_response"},{"@data-type":"vector","data":[{"@data-type":"string","data":"r3"},{"@data-type":"vector","data":[{"@data-type":"table","data":[{"key":{"@data-type":"string","data":"foo"},"value":{"@data-type":"vector","data":[{"@data-type":"vector","data":[{"@data-type":"string","data":"foo"},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"none","data":{}},{"@data-type":"vector","data":[]},{"@data-type":"vector","data":[]},{"@data-type":"table","data":[]},{"@data-type":"none","data":{}},{"@data-type":"table","data":[]}]},{"@data-type":"integer","data":4711}]}}]}]}]}]}]}',
  },
  destroyRequest: {
    topic: "zeek/supervisor",
    value: event("destroy_request", "r2", "worker-1"),
    json: '{"type":"data-message","topic":"zeek/supervisor","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::destroy_request"},{"@data-type":"vector","data":[{"@data-type":"string","data":"r2"},{"@data-type":"string","data":"worker-1"}]}]}]}',
  },
  stopRequest: {
    topic: "zeek/supervisor",
    value: event("stop_request"),
    json: '{"type":"data-message","topic":"zeek/supervisor","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::stop_request"},{"@data-type":"vector","data":[]}]}]}',
  },
  nodeStatus: {
    topic: "zeek/supervisor/node_status",
    value: event("node_status", "worker-1", count(4711)),
    json: '{"type":"data-message","topic":"zeek/supervisor/node_status","@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"count","data":1},{"@data-type":"vector","data":[{"@data-type":"string","data":"SupervisorControl::node_status"},{"@data-type":"vector","data":[{"@data-type":"string","data":"worker-1"},{"@data-type":"count","data":4711}]}]}]}',
  },
};

/** C.4; spaces for the eye only */
export const BINARIES: Record<string, { value: Value; length: number; hex: string }> = {
  "node_status with a timestamp": {
    value: [
      count(1),
      count(1),
      ["Supervisor::node_status", ["TEST", count(42)], [[count(1), timestamp(0)]]],
    ],
    length: 86,
    hex: "0e03 020000000000000001 020000000000000001 0e03 0517 53757065727669736f723a3a6e6f64655f737461747573 0e02 0504 54455354 02000000000000002a 0e01 0e02 020000000000000001 090000000000000000",
  },
  restart_request: {
    value: event("restart_request", "reqid", ""),
    length: 69,
    hex: "0e03 020000000000000001 020000000000000001 0e02 0522 53757065727669736f72436f6e74726f6c3a3a726573746172745f72657175657374 0e02 0505 7265716964 0500",
  },
  node_status: {
    value: event("node_status", "worker-1", count(4711)),
    length: 75,
    hex: "0e03 020000000000000001 020000000000000001 0e02 051e 53757065727669736f72436f6e74726f6c3a3a6e6f64655f737461747573 0e02 0508 776f726b65722d31 020000000000001267",
  },
  "a ClusterEndpoint": {
    value: WORKER,
    length: 54,
    hex: "0e06 0b12 53757065727669736f723a3a574f524b4552 06 00000000000000000000ffff7f000001 08 0000 00 0504 65746830 00 08 26b7 01",
  },
  status_response: {
    value: event("status_response", "r3", [table([["foo", [FOO, integer(4711)]]])]),
    length: 106,
    hex: "0e03 020000000000000001 020000000000000001 0e02 0522 53757065727669736f72436f6e74726f6c3a3a7374617475735f726573706f6e7365 0e02 0502 7233 0e01 0d01 0503 666f6f 0e02 0e0c 0503666f6f 00 00 00 00 00 00 0e00 0e00 0d00 00 0d00 03 0000000000001267",
  },
};

function event(name: string, ...args: Value[]): Value {
  return eventValue({ name: `SupervisorControl::${name}`, args });
}
