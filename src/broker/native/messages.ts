/**
 * What Broker's peers say to each other over TCP: the messages of the handshake, and the envelopes
 * that follow it. Pure: payloads of frames in, messages out, and whole frames for messages.
 *
 * What does not parse becomes a message too, "malformed": to answer it is the session's business.
 */
import { BrokerFormatError } from "../../errors.ts";
import { Reader, Writer } from "../binary/bytes.ts";
import { fromBytes, toBytes } from "../text.ts";
import { RESERVED_TOPIC } from "../topics.ts";

export type Handshake =
  | { type: "hello"; id: string; min: number; max: number }
  | { type: "probe" }
  | { type: "version_select"; id: string; version: number }
  | { type: "drop_conn"; id: string; code: number; text: string }
  | { type: "originator_syn"; filter: string[] }
  | { type: "responder_syn_ack"; filter: string[] }
  | { type: "originator_ack" };

export type Envelope = { sender: string; receiver: string; ttl: number; topic: string } & (
  | { type: "data" | "command" | "ping" | "pong"; payload: Uint8Array }
  | { type: "routing_update"; filter: string[] }
);

/** Bytes that are no message. */
export interface Malformed {
  type: "malformed";
  /** What to tell the peer, of `ErrorCode`. */
  code: number;
  reason: string;
}

/** Those of Broker's error codes (`broker::ec`) that a `drop_conn` of ours can have. */
export const ErrorCode = {
  peerIncompatible: 2,
  invalidMessage: 20,
  invalidPeeringRequest: 29,
  unexpectedMessage: 31,
  wrongMagic: 38,
  redundantConnection: 39,
} as const;

/** As a receiver: whoever gets it. */
export const EVERYONE = "00000000-0000-0000-0000-000000000000";

/** The longest topic, in bytes. */
export const MAX_TOPIC = 0xffff;

/**
 * More subscriptions than this are refused: every message that is published is compared with all
 * of them. A node of a Zeek cluster has a few dozen.
 */
export const MAX_PREFIXES = 4096;

/** Reads a message of the handshake. Bytes after its end are ignored, as Broker does. */
export function decodeHandshake(payload: Uint8Array): Handshake | Malformed {
  const name = HANDSHAKE_NAMES[payload[0] ?? 0];
  if (name === undefined) return malformed(ErrorCode.invalidMessage, "invalid message type tag");
  const reader = new Reader(payload.subarray(1));
  return guarded(name, () => {
    if (HAS_MAGIC.has(name) && reader.u32() !== MAGIC) {
      return malformed(ErrorCode.wrongMagic, "wrong magic number");
    }
    return handshakeBody(name, reader);
  });
}

/** Reads what peers say after the handshake. */
export function decodeEnvelope(payload: Uint8Array): Envelope | Malformed {
  const reader = new Reader(payload);
  return guarded("message", () => {
    const sender = uuidText(reader.bytes(16));
    const receiver = uuidText(reader.bytes(16));
    const number = reader.u8();
    const ttl = reader.u16();
    const topic = fromBytes(reader.bytes(reader.u16()));
    const header = { sender, receiver, ttl, topic };
    const type = ENVELOPE_NAMES[number];
    if (type === undefined) {
      return malformed(ErrorCode.invalidMessage, `a message of unknown type ${number}`);
    }
    if (type === "routing_update") return { ...header, type, filter: readFilter(reader) };
    return { ...header, type, payload: reader.bytes(reader.left) };
  });
}

/** @returns the whole frame */
export function encodeHandshake(message: Handshake): Uint8Array {
  return framed(64, (writer) => {
    writer.u8(HANDSHAKE_NUMBERS[message.type]);
    if (HAS_MAGIC.has(message.type)) writer.u32(MAGIC);
    switch (message.type) {
      case "hello":
        writer.bytes(uuidBytes(message.id));
        writer.u8(message.min);
        writer.u8(message.max);
        break;
      case "version_select":
        writer.bytes(uuidBytes(message.id));
        writer.u8(message.version);
        break;
      case "drop_conn":
        writer.bytes(uuidBytes(message.id));
        writer.u8(message.code);
        writer.string(message.text);
        break;
      case "originator_syn":
      case "responder_syn_ack":
        writeFilter(writer, message.filter);
        break;
      case "probe":
      case "originator_ack":
        break;
      default:
        message satisfies never;
    }
  });
}

/** @param message its topic has at most `MAX_TOPIC` bytes. @returns the whole frame */
export function encodeEnvelope(message: Envelope): Uint8Array {
  const topic = toBytes(message.topic);
  const size = HEADER + topic.length + ("payload" in message ? message.payload.length : 256);
  return framed(size, (writer) => {
    writer.bytes(uuidBytes(message.sender));
    writer.bytes(uuidBytes(message.receiver));
    writer.u8(ENVELOPE_NUMBERS[message.type]);
    writer.u16(message.ttl);
    writer.u16(topic.length);
    writer.bytes(topic);
    if (message.type === "routing_update") writeFilter(writer, message.filter);
    else writer.bytes(message.payload);
  });
}

/** The frame of a message that is published: to everyone, as far as the peer is concerned. */
export function encodeData(sender: string, topic: string, payload: Uint8Array): Uint8Array {
  return encodeEnvelope({ type: "data", sender, receiver: EVERYONE, ttl: TTL, topic, payload });
}

/** The frame that answers a ping. */
export function encodePong(sender: string, receiver: string, payload: Uint8Array): Uint8Array {
  const topic = RESERVED_TOPIC;
  return encodeEnvelope({ type: "pong", sender, receiver, ttl: TTL, topic, payload });
}

/** The frame that tells a peer what is subscribed to from now on. */
export function encodeRoutingUpdate(
  sender: string,
  receiver: string,
  prefixes: readonly string[],
): Uint8Array {
  const [topic, filter] = [RESERVED_TOPIC, [...prefixes]];
  return encodeEnvelope({ type: "routing_update", sender, receiver, ttl: TTL, topic, filter });
}

function handshakeBody(type: Handshake["type"], reader: Reader): Handshake {
  switch (type) {
    case "hello":
      return { type, id: uuidText(reader.bytes(16)), min: reader.u8(), max: reader.u8() };
    case "version_select":
      return { type, id: uuidText(reader.bytes(16)), version: reader.u8() };
    case "drop_conn":
      return { type, id: uuidText(reader.bytes(16)), code: reader.u8(), text: reader.string() };
    case "originator_syn":
    case "responder_syn_ack":
      return { type, filter: readFilter(reader) };
    case "probe":
    case "originator_ack":
      return { type };
    default:
      return type satisfies never;
  }
}

function readFilter(reader: Reader): string[] {
  const length = reader.varbyte();
  if (length > MAX_PREFIXES) throw new BrokerFormatError(`${length} subscriptions are too many`);
  const filter: string[] = [];
  for (let i = 0; i < length; i++) filter.push(reader.string());
  return filter;
}

function writeFilter(writer: Writer, filter: readonly string[]): void {
  writer.varbyte(filter.length);
  for (const prefix of filter) writer.string(prefix);
}

function guarded<Message>(name: string, read: () => Message): Message | Malformed {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BrokerFormatError)) throw error;
    return malformed(ErrorCode.invalidMessage, `failed to parse ${name}: ${error.message}`);
  }
}

function malformed(code: number, reason: string): Malformed {
  return { type: "malformed", code, reason };
}

function framed(size: number, write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer(LENGTH + size);
  writer.u32(0);
  write(writer);
  const frame = writer.written();
  new DataView(frame.buffer, frame.byteOffset).setUint32(0, frame.length - LENGTH);
  return frame;
}

function uuidText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += HEX[bytes[i] ?? 0];
  }
  return text;
}

function uuidBytes(text: string): Uint8Array {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const pairs = text.replaceAll("-", "").match(/../g) ?? [];
  const bytes = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  // One's own and those of a few peers.
  if (recent.size >= 256) recent.clear();
  recent.set(text, bytes);
  return bytes;
}

const recent = new Map<string, Uint8Array>();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const HANDSHAKE_NUMBERS: Record<Handshake["type"], number> = {
  hello: 6,
  probe: 7,
  version_select: 8,
  drop_conn: 9,
  originator_syn: 10,
  responder_syn_ack: 11,
  originator_ack: 12,
};
const ENVELOPE_NUMBERS: Record<Envelope["type"], number> = {
  data: 1,
  command: 2,
  routing_update: 3,
  ping: 4,
  pong: 5,
};
const HANDSHAKE_NAMES = byNumber(HANDSHAKE_NUMBERS);
const ENVELOPE_NAMES = byNumber(ENVELOPE_NUMBERS);

/** These say that they are Broker's, since either side may be the first to speak. */
const HAS_MAGIC: ReadonlySet<Handshake["type"]> = new Set([
  "hello",
  "probe",
  "version_select",
  "drop_conn",
] as const);
/** "ZEEK". */
const MAGIC = 0x5a45454b;
/** Bytes of a frame's length. */
const LENGTH = 4;
/** Bytes of an envelope before its topic. */
const HEADER = 37;
/** How many hops a message may make: Broker's default, which nobody counts since it stopped forwarding. */
const TTL = 16;

function byNumber<Name extends string>(numbers: Record<Name, number>): (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name of Object.keys(numbers) as Name[]) names[numbers[name]] = name;
  return names;
}
