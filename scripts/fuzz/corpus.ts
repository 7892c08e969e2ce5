/**
 * What is mutated: messages of both formats, in two kinds that never meet on one connection.
 *
 * "looking": requests that change nothing, and events that are nobody's. No word of theirs is that
 * of an order, nor a piece of one, and so no splice or flip makes one.
 * "acting": orders. The nodes they name do not exist or may be harmed; the bytes of those names are
 * never touched, no message has an empty string, which would be all nodes, and what comes out is
 * read once more before it is sent (see guard.ts). None tells the Supervisor to stop: that
 * is sent once, as it is, when all is over.
 */
import { encodeBinary } from "../../src/broker/binary/binary.ts";
import { type BrokerEvent, eventValue } from "../../src/broker/event.ts";
import { encodeDataMessage } from "../../src/broker/json/json.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
  type Value,
} from "../../src/broker/values.ts";
import { COPPICE_MODULE, COPPICE_TOPIC } from "../../src/control/protocol.ts";
import { configValue, statusesValue } from "../../src/control/records.ts";
import { MODULE, NODE_STATUS_TOPIC, TOPIC } from "../../src/control/requests.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import type { Dice } from "../../test/simulation/dice.ts";
import type { Mutator, Span } from "./mutate.ts";
import { nobody, SACRIFICE } from "./names.ts";

export interface Template {
  topic: string;
  bytes: Buffer;
  /** The name that an order gives. */
  keep?: Span;
}

export interface Corpus extends Mutator {
  templates: readonly Template[];
}

export type Format = "json" | "binary";
export type Kind = "looking" | "acting";

export function corpusOf(kind: Kind, format: Format): Corpus {
  const templates = MESSAGES[kind].map((one) => templateOf(one, format));
  const words = TOKENS[format].map((token) => Buffer.from(token, "latin1"));
  return {
    templates,
    tokens: kind === "looking" ? [...words, ...EMPTY_STRINGS[format]] : words,
    donor: (dice: Dice) => dice.pick(templates).bytes,
  };
}

interface Source {
  topic: string;
  event: BrokerEvent;
  /** Part of the event, to be kept as it is. */
  named?: string;
  /** What goes around the event, of a batch. */
  wrap?: (event: Value) => Value;
}

function templateOf(
  { topic, event, named, wrap = (one) => one }: Source,
  format: Format,
): Template {
  const value = wrap(eventValue(event));
  const bytes = Buffer.from(
    format === "json" ? encodeDataMessage(value, topic) : encodeBinary(value),
  );
  if (named === undefined) return { topic, bytes };
  const start = bytes.indexOf(named);
  // With its quotes, or its tag and length.
  return { topic, bytes, keep: { start: start - 2, end: start + named.length + 2 } };
}

const zeek = (name: string, ...args: Value[]): Source => ({
  topic: TOPIC,
  event: { name: `${MODULE}${name}`, args },
});
const coppice = (id: string, method: string, params: object): Source => ({
  topic: COPPICE_TOPIC,
  event: { name: `${COPPICE_MODULE}request`, args: [id, method, JSON.stringify(params)] },
});
const foreign = (topic: string, name: string, ...args: Value[]): Source => ({
  topic,
  event: { name, args },
});

const CONFIG: NodeConfig = {
  name: "worker-1",
  interface: "eth0",
  directory: "/nonexistent/worker-1",
  stdoutFile: "stdout",
  bareMode: true,
  addlUserScripts: ["local.zeek"],
  env: { FOO: "bar", ZEEK_X: "1" },
  cpuAffinity: 3,
  cluster: {
    manager: { role: "MANAGER", host: "127.0.0.1", port: 10_000 },
    "worker-1": { role: "WORKER", host: "::1", port: 0, interface: "eth0", metricsPort: 9911 },
  },
};

const VALUES: Value[] = [
  null,
  true,
  1.5,
  count(2n ** 64n - 1n),
  integer(-(2n ** 63n)),
  timespan(1_500_000_000n),
  timestamp(1_649_574_000_000_000_000n),
  address("2001:db8::1"),
  subnet("192.168.0.0/24"),
  port(8080, "tcp"),
  enumValue("Supervisor::MANAGER"),
  set(["b", "a", count(3)]),
  table([
    ["k", [count(1), "v"]],
    [[count(1), "x"], null],
  ]),
  'grüße\u0000\n\\"',
];

const LOOKING: Source[] = [
  zeek("status_request", "id/1", ""),
  zeek("status_request", "id/2", "steady"),
  zeek("status_request", "", "nowhere"),
  zeek("node_status", "steady", count(4711)),
  zeek(
    "status_response",
    "id/3",
    statusesValue({
      nodes: {
        "worker-1": { node: CONFIG, pid: 4711, state: "running", generation: 1, since: 5 },
        "worker-2": { node: { name: "worker-2" }, state: "waiting", generation: 2, since: 6 },
      },
    }),
  ),
  coppice("a/1", "hello", {}),
  coppice("a/2", "status", { name: "steady" }),
  coppice("a/3", "status", { name: 7, deep: [[[{}]]] }),
  coppice("a/4", "usage", { name: "nowhere" }),
  coppice("a/5", "watch", {}),
  coppice("a/6", "follow", { nodes: ["counter"], lines: 5, follow: true, credit: 65_536 }),
  coppice("a/7", "follow", { nodes: [], lines: 1, credit: 1, from: { ticker: 17 } }),
  coppice("a/6", "grant", { id: "a/6", bytes: 1000 }),
  coppice("a/8", "cancel", { id: "a/5" }),
  coppice("a/9", "nonsense", { name: "steady" }),
  foreign("zeek/cluster/worker/x", "Cluster::hello", "worker-1", "id"),
  foreign("fuzz/values", "Fuzz::values", ...VALUES),
  foreign("", "Fuzz::nothing"),
  {
    ...foreign(NODE_STATUS_TOPIC, `${MODULE}node_status`, "steady", count(0)),
    wrap: (event) => [count(1), count(5), [event, event, [count(1), count(5), [event]]]],
  },
];

const order = (source: Source, named: string): Source => ({ ...source, named });

const ACTING: Source[] = [
  order(zeek("restart_request", "id/1", nobody(1)), nobody(1)),
  order(zeek("destroy_request", "id/2", nobody(2)), nobody(2)),
  // It is there already: none is made, however well the rest reads.
  order(zeek("create_request", "id/3", configValue({ ...CONFIG, name: SACRIFICE })), SACRIFICE),
  order(
    zeek("create_request", "id/4", configValue({ name: SACRIFICE, command: ["true"] })),
    SACRIFICE,
  ),
  order(coppice("b/1", "restart", { name: nobody(3) }), nobody(3)),
  order(coppice("b/2", "destroy", { name: nobody(4) }), nobody(4)),
  // A name that is none is not all nodes.
  order(coppice("b/5", "restart", { name: 5, not: nobody(5) }), nobody(5)),
  order(
    coppice("b/3", "create", {
      config: { name: SACRIFICE, command: ["true"], revival: { delay: 5 }, env: { A: "b" } },
    }),
    SACRIFICE,
  ),
  order(coppice("b/4", "create", { config: { ...CONFIG, name: SACRIFICE } }), SACRIFICE),
];

/** Valid, and sent as it is: the one order that is carried out. */
export function restartOfSacrifice(format: Format): Template {
  return templateOf(zeek("restart_request", "id/9", SACRIFICE), format);
}

/** Sent once, when all is over. */
export function stopRequest(format: Format): Template {
  return templateOf(zeek("stop_request"), format);
}

/** A request whose answer is the longest. */
export function statusRequest(format: Format): Template {
  return templateOf(zeek("status_request", "flood", ""), format);
}

const MESSAGES = { looking: LOOKING, acting: ACTING };

/** Latin-1. No word of an order is among them, and no empty string. */
const TOKENS = {
  json: [
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "null",
    "true",
    "nan",
    "1e999",
    "\\u0000",
    "\\ud800",
    "\\udfff",
    "\\v",
    "\\",
    "\x00",
    "\xff",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xf0\x9f\x8c\xb3",
    '{"@data-type":"none","data":{}}',
    '"@data-type":"set","data":[',
    '"@data-type":"table",',
    '"@data-type":"timespan","data":"9999999999999999999min"',
    '"@data-type":"timestamp","data":"9999-99-99T99:99:99"',
    '"@data-type":"subnet","data":"::/129"',
    '"@data-type":"port","data":"65536/tcp"',
    '"@data-type":"enum-value",',
    '"__proto__":',
    '"constructor"',
    '"topic":"<$>/local/x",',
    '"topic":1,',
    "[".repeat(70),
  ],
  binary: [
    "\x00",
    "\x01\x02",
    "\x02\xff\xff\xff\xff\xff\xff\xff\xff",
    "\x03\x80\x00\x00\x00\x00\x00\x00\x00",
    "\x04\x7f\xf8\x00\x00\x00\x00\x00\x01",
    "\x05\xff\xff\xff\xff\x0f",
    "\x05\x01\xff",
    `\x06${"\xff".repeat(16)}`,
    `\x07${"\x00".repeat(16)}\xff`,
    "\x08\xff\xff\x09",
    "\x09\x7f\xff\xff\xff\xff\xff\xff\xff",
    "\x0a\x80\x00\x00\x00\x00\x00\x00\x00",
    "\x0b\x01\x00",
    "\x0c\xff\xff\xff\xff\x0f",
    "\x0c\x02\x00\x00",
    "\x0d\xff\xff\x7f",
    "\x0d\x01\x00\x00",
    "\x0e\xff\xff\xff\xff\x0f",
    "\x0e\x01".repeat(70),
    "\x0f",
    "\xff",
  ],
};
const EMPTY_STRINGS = {
  json: ['""', '{"@data-type":"string","data":""}'].map((text) => Buffer.from(text)),
  binary: ["\x05\x00", "\x0e\x00"].map((text) => Buffer.from(text, "latin1")),
};
