/**
 * The last look at a message before it is sent: that no order in it is for a node that must not
 * notice. Nothing should ever be held back that matters; what is, is counted.
 */
import { decodeBinary } from "../../src/broker/binary/binary.ts";
import { type BrokerEvent, eventsOf } from "../../src/broker/event.ts";
import { decodeDataMessage } from "../../src/broker/json/json.ts";
import type { Value } from "../../src/broker/values.ts";
import { COPPICE_MODULE } from "../../src/control/protocol.ts";
import { requestOf } from "../../src/control/requests.ts";
import type { Format, Kind } from "./corpus.ts";
import { isFairGame } from "./names.ts";

export function mayBeSent(bytes: Buffer, kind: Kind, format: Format): boolean {
  return kind === "looking" ? hasNoOrder(bytes) : eventsIn(bytes, format).every(isHarmless);
}

/** As bytes, whatever else they are: one connection carries no more of an order than this finds. */
function hasNoOrder(bytes: Buffer): boolean {
  return !ORDERS.some((order) => bytes.includes(order));
}

function eventsIn(bytes: Buffer, format: Format): BrokerEvent[] {
  let value: Value;
  try {
    value = format === "json" ? decodeDataMessage(bytes).value : decodeBinary(bytes);
  } catch {
    return [];
  }
  return eventsOf(value);
}

function isHarmless(event: BrokerEvent): boolean {
  if (event.name === `${COPPICE_MODULE}request`) return isHarmlessRequest(event.args);
  const request = requestOf(event);
  switch (request?.kind) {
    case "stop":
      return false;
    case "create":
      return isFairGame(request.config.name);
    case "destroy":
    case "restart":
      return isFairGame(request.node);
    default:
      return true;
  }
}

function isHarmlessRequest([, method, text]: readonly Value[]): boolean {
  if (method === "stop") return false;
  if (!["create", "destroy", "restart"].includes(String(method))) return true;
  try {
    const { name, config } = JSON.parse(String(text)) ?? {};
    const named: unknown = method === "create" ? config?.name : name;
    // What is no name at all has to be refused.
    return typeof named !== "string" || isFairGame(named);
  } catch {
    return true;
  }
}

const ORDERS = [
  "estroy",
  "estart",
  "reate_",
  '"create',
  '"stop',
  "stop_re",
  "\x06create",
  "\x04stop",
];
