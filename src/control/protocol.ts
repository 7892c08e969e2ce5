/**
 * Coppice's own control events, for what Zeek's have no words for: when something is done, what
 * happens, output. Requests and answers are JSON in strings of Broker's.
 *
 * `request(id, method, params)` → `response(id, result)`, and before that, for what goes on,
 * `event(id, TreeEvent)` or `output(id, head, text)`, published to the requester alone.
 */
import type { BrokerEvent } from "../broker/event.ts";
import {
  BrokerValueError,
  CoppiceError,
  ForbiddenError,
  NodeConfigError,
  SupervisorEndingError,
} from "../errors.ts";

export const COPPICE_MODULE = "CoppiceControl::";
export const COPPICE_TOPIC = "coppice/control";
/** Answers are published below this, followed by the request's id. */
export const CLIENT_TOPIC = "coppice/client/";

/** Which methods there are, and whether one who may only look may use them. */
export const METHODS = {
  hello: true,
  status: true,
  usage: true,
  crashes: true,
  crash: true,
  watch: true,
  follow: true,
  /** The reader of a `follow` can take more bytes. */
  grant: true,
  /** Ends a `watch` or `follow`. */
  cancel: true,
  /** Answers once there have been more reloads than `after`, with what the last one did. */
  reloaded: true,
  create: false,
  destroy: false,
  restart: false,
  stopNode: false,
  startNode: false,
  stop: false,
  /** It runs the scripts, if only to see what they want. */
  plan: false,
  reload: false,
} as const;

export type Method = keyof typeof METHODS;

/** What a Supervisor says of itself. */
export interface Hello {
  version: string;
  /** Another one is another Supervisor, whatever its address. */
  instance: string;
  pid: number;
  /** How often it was replaced by a newer one, as the same process. */
  reloads: number;
  mayControl: boolean;
  /** Where a browser finds its console, if it listens for WebSocket clients on TCP. */
  console?: string | undefined;
  /** What it can be asked; unset: it is one that did not tell yet. */
  methods?: readonly string[];
}

/** Of the bytes of an `output` event. */
export interface OutputHead {
  node: string;
  stream: "stdout" | "stderr";
  at: number;
  next: number;
  missed: number;
}

export type Outcome = { ok: unknown } | Failure;

export interface Failure {
  error: { code: string; message: string; exitStatus: number };
}

export function request(id: string, method: Method, params: object): BrokerEvent {
  return { name: `${COPPICE_MODULE}request`, args: [id, method, JSON.stringify(params)] };
}

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof CoppiceError) {
    const { code, message, exitStatus } = error;
    return { error: { code, message, exitStatus } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { error: { code: "COPPICE_INTERNAL", message, exitStatus: 1 } };
}

/** The error as it was thrown there. */
export function errorOf({ error }: Failure): CoppiceError {
  const { code, message, exitStatus } = error;
  switch (code) {
    case "COPPICE_NODE_CONFIG":
      return new NodeConfigError(message);
    case "COPPICE_ENDING":
      return new SupervisorEndingError();
    case "COPPICE_FORBIDDEN":
      return new ForbiddenError(message);
    case "COPPICE_BROKER_VALUE":
      return new BrokerValueError(message);
    default:
      return new CoppiceError(code, message, exitStatus);
  }
}
