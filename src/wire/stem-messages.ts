/** What Supervisor and Stem say to each other over the link. */
import type { NodeConfig } from "../core/config.ts";
import type { News } from "../core/life.ts";
import type { Kept, NodeReport, Origin } from "../core/report.ts";
import { ProtocolError } from "../errors.ts";
import { FrameKind, frameHeader } from "./frames.ts";

/** The two connections of a link: output has its own, so that it never holds up a report. */
export type Channel = "control" | "output";

/** On the wire the times of a report are Unix times. */
export type FromStem =
  | { type: "hello"; channel: Channel; token: string; pid: number }
  /** After the hello: every node that the Stem has, then `synced`. */
  | ({ type: "node" } & Kept)
  | {
      type: "synced";
      ending: number[];
      /** The highest numbers that any Supervisor has given: the next one goes on from there. */
      last: { id: number; request: number };
    }
  | { type: "report"; report: NodeReport; news: News }
  /** After `synced`: what happened while there was no connection, and is over. */
  | { type: "missed"; report: NodeReport; news: News }
  | { type: "gone"; name: string; id: number }
  /** After the report of its end: the CPU time of a process in milliseconds, if it is known. */
  | { type: "used"; name: string; pid: number; cpu: number | undefined }
  /** A line of the Stem's own. */
  | { type: "note"; text: string }
  /** The answer to a `ping`. */
  | { type: "pong" };

/** A process of a node, named so that another with the same number is not taken for it. */
export interface ProcessId {
  pid: number;
  startTime?: number;
}

/** Two that have no start time are taken for one if their numbers are the same. */
export function isSameProcess(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTime === b.startTime;
}

/** Ends processes, or may. */
export type EndingCommand =
  | { type: "destroy"; name: string; id: number }
  | { type: "restart" | "stop"; name: string; id: number; request: number };

/** About the nodes. */
export type Order =
  | {
      type: "create";
      id: number;
      config: NodeConfig;
      /** Unset: a script's. */
      origin?: Origin;
      /** Whether the node was never started before: only then may its output be truncated. */
      fresh: boolean;
      /** Starts before, under an earlier Stem or with another configuration. */
      generation: number;
      /** What an earlier Stem left of this node. */
      previous: ProcessId[];
      /** It is not to start until it is told to. */
      stopped: boolean;
    }
  /** A node that is not wanted, of which an earlier Stem may have left something. */
  | { type: "end"; id: number; config: NodeConfig; previous: ProcessId[] }
  | EndingCommand
  /** All in one go: none of the nodes ends, and starts again, before the others know that they are to. */
  | { type: "together"; commands: EndingCommand[] }
  | { type: "start"; name: string; id: number; request: number }
  /** What a process has printed says that it is ready. */
  | { type: "ready"; name: string; id: number; pid: number }
  /** Asks for a sign of life. */
  | { type: "ping" };

export type ToStem = Welcome | Hold | Order;

/** The first on every connection: it is let in, and belongs to this Supervisor from now on. */
export interface Welcome {
  type: "welcome";
  supervisor: ProcessId;
  /** How long the tree lives on without a Supervisor (ms). */
  keep: number;
}

/**
 * The Supervisor is about to be replaced: the Stem says what it has to say, closes the connection,
 * and holds back output until it is there again, which must be within that time (ms).
 */
export interface Hold {
  type: "hold";
  within: number;
}

/** A piece of output; without bytes, the end of that stream. */
export interface Output {
  node: string;
  /** Of the process that wrote it; 0 where there was none (a start that failed). */
  pid: number;
  stream: "stdout" | "stderr";
  /** It goes to a file of the node's: whole lines, or pieces of long ones, that are not to be printed. */
  isFiled?: boolean;
  bytes: Uint8Array;
}

/** A message as one frame. @throws ProtocolError if it is too long for one */
export function encodeMessage(message: FromStem | ToStem): Uint8Array {
  const payload = encoder.encode(JSON.stringify(message));
  const header = frameHeader(FrameKind.message, payload.length);
  const frame = new Uint8Array(header.length + payload.length);
  frame.set(header);
  frame.set(payload, header.length);
  return frame;
}

/** @throws ProtocolError if the payload is no message that this side understands */
export function decodeMessage<Message extends FromStem | ToStem>(
  payload: Uint8Array,
  types: readonly Message["type"][],
): Message {
  const message = parse(payload);
  const type = (message as { type?: unknown } | null)?.type;
  if (!types.some((known) => known === type)) {
    throw new ProtocolError(`unknown message of type ${JSON.stringify(type)}`);
  }
  return message as Message;
}

/**
 * Which messages there are, as a number. A Stem goes on while its Supervisor is replaced by that of
 * another version: what changes here in a way that the other side does not understand counts up.
 */
export const LINK_VERSION = 1;

export const FROM_STEM = [
  "hello",
  "node",
  "synced",
  "report",
  "missed",
  "gone",
  "used",
  "note",
  "pong",
] as const;
export const TO_STEM = [
  "welcome",
  "hold",
  "create",
  "end",
  "destroy",
  "together",
  "start",
  "restart",
  "stop",
  "ready",
  "ping",
] as const;

/** Everything of an output frame but its bytes, which follow: they are never copied. */
export function encodeOutputHead(output: Omit<Output, "bytes">, length: number): Uint8Array {
  const name = encoder.encode(output.node);
  const header = frameHeader(FrameKind.output, OUTPUT_FIXED + name.length + length);
  const head = new Uint8Array(header.length + OUTPUT_FIXED + name.length);
  head.set(header);
  const view = new DataView(head.buffer);
  const stream = output.stream === "stdout" ? STDOUT : STDERR;
  view.setUint8(header.length, output.isFiled === true ? stream | FILED : stream);
  view.setUint32(header.length + 1, output.pid);
  view.setUint8(header.length + 5, name.length);
  head.set(name, header.length + OUTPUT_FIXED);
  return head;
}

/** @throws ProtocolError if the payload is not `u8 stream, u32be pid, u8 length, name, bytes` */
export function decodeOutput(payload: Uint8Array): Output {
  const nameLength = payload[5] ?? 0;
  const stream = (payload[0] ?? 0) & ~FILED;
  if (payload.length < OUTPUT_FIXED + nameLength || (stream !== STDOUT && stream !== STDERR)) {
    throw new ProtocolError("malformed output");
  }
  const view = new DataView(payload.buffer, payload.byteOffset);
  return {
    stream: stream === STDOUT ? "stdout" : "stderr",
    ...(stream === payload[0] ? {} : { isFiled: true }),
    pid: view.getUint32(1),
    node: decoder.decode(payload.subarray(OUTPUT_FIXED, OUTPUT_FIXED + nameLength)),
    bytes: payload.subarray(OUTPUT_FIXED + nameLength),
  };
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    throw new ProtocolError("a message is not JSON");
  }
}

const OUTPUT_FIXED = 6;
const STDOUT = 1;
const STDERR = 2;
/** Beside one of them. */
const FILED = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
