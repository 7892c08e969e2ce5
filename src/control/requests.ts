/** The events of Zeek's `SupervisorControl`, and the requests among them. */
import type { BrokerEvent } from "../broker/event.ts";
import { count, type Value } from "../broker/values.ts";
import type { NodeConfig } from "../core/config.ts";
import type { Status } from "../core/status.ts";
import { configOf, statusesOf, statusesValue } from "./records.ts";

export const MODULE = "SupervisorControl::";
/** Requests are published here; all other topics begin with it. */
export const TOPIC = "zeek/supervisor";

export type Request =
  | { kind: "create"; id: string; config: NodeConfig }
  | { kind: "destroy" | "restart" | "status"; id: string; node: string }
  | { kind: "stop" };

/** A request, or undefined if the event is none, or has arguments that do not fit. */
export function requestOf({ name, args }: BrokerEvent): Request | undefined {
  if (!isKnown({ name, args })) return undefined;
  const [id, second] = args;
  switch (name.slice(MODULE.length)) {
    case "create_request": {
      const config = configOf(second);
      return config === undefined ? undefined : { kind: "create", id: String(id), config };
    }
    case "destroy_request":
      return { kind: "destroy", id: String(id), node: String(second) };
    case "restart_request":
      return { kind: "restart", id: String(id), node: String(second) };
    case "status_request":
      return { kind: "status", id: String(id), node: String(second) };
    case "stop_request":
      return { kind: "stop" };
    default:
      return undefined;
  }
}

/** Whether it is an event of the module with arguments of its types, as Zeek checks. */
export function isKnown({ name, args }: BrokerEvent): boolean {
  const parameters = name.startsWith(MODULE) ? EVENTS.get(name.slice(MODULE.length)) : undefined;
  return (
    parameters !== undefined &&
    parameters.length === args.length &&
    parameters.every((fits, i) => fits(args[i]))
  );
}

export type Answer =
  /** "" is success, anything else says what was wrong. */
  | { kind: "create"; id: string; result: string }
  | { kind: "destroy" | "restart"; id: string; result: boolean }
  | { kind: "status"; id: string; result: Status };

/** The topic and the event of a response. */
export function response(answer: Answer): { topic: string; event: BrokerEvent } {
  const result = answer.kind === "status" ? statusesValue(answer.result) : answer.result;
  return {
    topic: `${TOPIC}/${answer.kind}_response/${answer.id}`,
    event: { name: `${MODULE}${answer.kind}_response`, args: [answer.id, result] },
  };
}

/** Told after every start of a node; pid 0 if it failed. */
export function nodeStatusEvent(node: string, pid: number): BrokerEvent {
  return { name: `${MODULE}node_status`, args: [node, count(pid)] };
}

export const NODE_STATUS_TOPIC = `${TOPIC}/node_status`;

type Fits = (value: Value | undefined) => boolean;
const string: Fits = (value) => typeof value === "string";
const boolean: Fits = (value) => typeof value === "boolean";
const config: Fits = (value) => configOf(value) !== undefined;
const status: Fits = (value) => statusesOf(value) !== undefined;
const counted: Fits = (value) =>
  typeof value === "object" && value !== null && "type" in value && value.type === "count";

/** The types of each event's arguments. */
const EVENTS: ReadonlyMap<string, readonly Fits[]> = new Map([
  ["create_request", [string, config]],
  ["create_response", [string, string]],
  ["destroy_request", [string, string]],
  ["destroy_response", [string, boolean]],
  ["restart_request", [string, string]],
  ["restart_response", [string, boolean]],
  ["status_request", [string, string]],
  ["status_response", [string, status]],
  ["stop_request", []],
  ["node_status", [string, counted]],
]);
