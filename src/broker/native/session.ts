/**
 * One session between Broker's peers, from the first byte to the last. Pure: what came in and the
 * state give what to do and the next state.
 *
 * The side with the smaller id is the originator, whoever has connected: so two peers that connect
 * to each other at once agree on which of the two connections goes.
 */

import { Filter, RESERVED_TOPIC } from "../topics.ts";
import {
  decodeEnvelope,
  decodeHandshake,
  type Envelope,
  ErrorCode,
  EVERYONE,
  encodeHandshake,
  encodePong,
  encodeRoutingUpdate,
  type Handshake,
  type Malformed,
} from "./messages.ts";

export type Session =
  /** We have accepted, and wait for a hello. */
  | { phase: "hello" }
  /** We have connected and said hello. */
  | { phase: "answer" }
  /** We have answered a hello with ours, and leave it to the peer to go on. */
  | { phase: "version"; peer: string }
  /** We have asked whether no other connection has this peer. Nothing may be received meanwhile. */
  | { phase: "claim"; peer: string; role: "originator" | "responder" }
  | { phase: "syn"; peer: string }
  /** `told`: what we have said that we want. */
  | { phase: "syn_ack"; peer: string; told: Filter }
  | { phase: "ack"; peer: string; told: Filter; filter: Filter }
  /** The handshake is over. `leaving`: the peer has said BYE. */
  | { phase: "peered"; peer: string; told: Filter; leaving: boolean }
  | { phase: "over" };

export type Message = Handshake | Envelope | Malformed;

export type Action =
  /** A whole frame. */
  | { type: "send"; frame: Uint8Array }
  /** To be answered with `claimed`, at once or when it is known. */
  | { type: "claim"; peer: string }
  | { type: "established"; peer: string; filter: Filter }
  /** The peer wants something else now. */
  | { type: "filter"; filter: Filter }
  /** `payload` is a value in broker-bin-v1. */
  | { type: "deliver"; topic: string; payload: Uint8Array }
  /** `redundant`: the peer that we have another connection to. */
  | { type: "close"; reason: string; redundant?: string };

export interface Step {
  session: Session;
  actions: Action[];
}

/** This side, as it is now. */
export interface Self {
  id: string;
  filter: Filter;
}

/** Begins: the acceptor probes the connection, and the connector says hello. */
export function begin(side: "acceptor" | "connector", self: Self): Step {
  return side === "acceptor"
    ? { session: { phase: "hello" }, actions: [say({ type: "probe" })] }
    : { session: { phase: "answer" }, actions: [say(helloOf(self))] };
}

/** Reads the payload of a frame as what it can be in this state. */
export function decodeFor(session: Session, payload: Uint8Array): Message {
  return session.phase === "peered" ? decodeEnvelope(payload) : decodeHandshake(payload);
}

/** Acts on a message. */
export function receive(session: Session, message: Message, self: Self): Step {
  if (session.phase === "over") return { session, actions: [] };
  if (session.phase === "peered") return operate(session, message, self);
  switch (message.type) {
    case "probe":
      return { session, actions: [] };
    case "drop_conn":
      return dropped(message);
    case "malformed":
      return refuse(self, message.code, message.reason);
  }
  switch (session.phase) {
    case "hello":
      if (message.type === "hello") return greet(message, self, session.phase);
      break;
    case "answer":
      if (message.type === "hello") return greet(message, self, session.phase);
      if (message.type === "version_select") return selected(message, self);
      break;
    case "version":
      if (message.type === "version_select") return selected(message, self, session.peer);
      break;
    case "syn":
      if (message.type === "originator_syn") {
        return {
          session: {
            phase: "ack",
            peer: session.peer,
            told: self.filter,
            filter: new Filter(message.filter),
          },
          actions: [say({ type: "responder_syn_ack", filter: [...self.filter.prefixes] })],
        };
      }
      break;
    case "syn_ack":
      if (message.type === "responder_syn_ack") {
        return establish(session, new Filter(message.filter), self, [
          say({ type: "originator_ack" }),
        ]);
      }
      break;
    case "ack":
      if (message.type === "originator_ack") return establish(session, session.filter, self);
      break;
    case "claim":
      break;
    default:
      session satisfies never;
  }
  return refuse(self, ErrorCode.unexpectedMessage, `unexpected ${message.type}`);
}

/** Acts on the answer to a claim: whether this is the only connection to the peer. */
export function claimed(session: Session, granted: boolean, self: Self): Step {
  if (session.phase !== "claim") return { session, actions: [] };
  const { peer, role } = session;
  if (!granted) {
    const step = refuse(self, ErrorCode.redundantConnection, "redundant connection");
    return { ...step, actions: step.actions.map((action) => withPeer(action, peer)) };
  }
  if (role === "responder") return { session: { phase: "syn", peer }, actions: [] };
  return {
    session: { phase: "syn_ack", peer, told: self.filter },
    actions: [
      say({ type: "version_select", id: self.id, version: VERSION }),
      say({ type: "originator_syn", filter: [...self.filter.prefixes] }),
    ],
  };
}

/** Tells the peer what this side wants, if that is not what it was told. */
export function filterChanged(session: Session, self: Self): Step {
  if (session.phase !== "peered" || session.told.equals(self.filter)) {
    return { session, actions: [] };
  }
  const frame = encodeRoutingUpdate(self.id, session.peer, self.filter.prefixes);
  return { session: { ...session, told: self.filter }, actions: [{ type: "send", frame }] };
}

function greet(hello: HelloMessage, self: Self, phase: "hello" | "answer"): Step {
  if (hello.min > VERSION || hello.max < VERSION) {
    return refuse(self, ErrorCode.peerIncompatible, "unsupported versions offered");
  }
  const impossible = impossiblePeer(hello.id, self);
  if (impossible !== undefined) return impossible;
  if (self.id < hello.id) return claim(hello.id, "originator");
  if (phase === "answer") {
    return refuse(self, ErrorCode.unexpectedMessage, "unexpected hello: the smaller id goes on");
  }
  return { session: { phase: "version", peer: hello.id }, actions: [say(helloOf(self))] };
}

/** @param expected whose hello came before, if one did */
function selected(message: VersionMessage, self: Self, expected = message.id): Step {
  if (message.version !== VERSION) {
    return refuse(self, ErrorCode.peerIncompatible, "unsupported version selected");
  }
  if (message.id !== expected) {
    return refuse(self, ErrorCode.invalidPeeringRequest, "another id than in the hello");
  }
  return impossiblePeer(message.id, self) ?? claim(message.id, "responder");
}

function impossiblePeer(id: string, self: Self): Step | undefined {
  if (id === self.id) {
    return refuse(self, ErrorCode.invalidPeeringRequest, "an endpoint cannot peer with itself");
  }
  if (id !== EVERYONE) return undefined;
  return refuse(self, ErrorCode.invalidPeeringRequest, "the id of no endpoint");
}

function claim(peer: string, role: "originator" | "responder"): Step {
  return { session: { phase: "claim", peer, role }, actions: [{ type: "claim", peer }] };
}

function establish(
  { peer, told }: { peer: string; told: Filter },
  filter: Filter,
  self: Self,
  first: Action[] = [],
): Step {
  // What this side wants may have changed since it was told.
  const { session, actions } = filterChanged({ phase: "peered", peer, told, leaving: false }, self);
  return { session, actions: [...first, ...actions, { type: "established", peer, filter }] };
}

/** After the handshake. What cannot be read ends the session: the stream cannot be trusted any more. */
function operate(session: PeeredSession, message: Message, self: Self): Step {
  switch (message.type) {
    case "data": {
      const isOurs = message.receiver === EVERYONE || message.receiver === self.id;
      if (!isOurs || message.topic.startsWith(RESERVED_TOPIC)) return { session, actions: [] };
      const { topic, payload } = message;
      return { session, actions: [{ type: "deliver", topic, payload }] };
    }
    case "routing_update":
      return { session, actions: [{ type: "filter", filter: new Filter(message.filter) }] };
    case "ping": {
      const frame = encodePong(self.id, session.peer, message.payload);
      const leaving = session.leaving || isBye(message.payload);
      return { session: { ...session, leaving }, actions: [{ type: "send", frame }] };
    }
    case "command": // Of data stores, which we do not have.
    case "pong":
      return { session, actions: [] };
    case "malformed":
      return over({ type: "close", reason: message.reason });
    default:
      return over({ type: "close", reason: `unexpected ${message.type}` });
  }
}

function dropped({ id, code, text }: DropMessage): Step {
  const redundant = code === ErrorCode.redundantConnection ? { redundant: id } : {};
  const reason = `refused by the peer: ${shortened(text)} (${code})`;
  return over({ type: "close", reason, ...redundant });
}

/** Tells the peer why, and ends. */
function refuse(self: Self, code: number, reason: string): Step {
  const text = shortened(reason);
  return over(say({ type: "drop_conn", id: self.id, code, text }), { type: "close", reason: text });
}

function over(...actions: Action[]): Step {
  return { session: { phase: "over" }, actions };
}

function say(message: Handshake): Action {
  return { type: "send", frame: encodeHandshake(message) };
}

function helloOf(self: Self): Handshake {
  return { type: "hello", id: self.id, min: VERSION, max: VERSION };
}

function withPeer(action: Action, redundant: string): Action {
  return action.type === "close" ? { ...action, redundant } : action;
}

/** What a peer wrote goes into logs: one line of it. */
function shortened(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
  return text.slice(0, MAX_REASON).replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
}

function isBye(payload: Uint8Array): boolean {
  return payload.length === BYE_LENGTH && BYE.every((byte, i) => byte === payload[i]);
}

type HelloMessage = Extract<Handshake, { type: "hello" }>;
type VersionMessage = Extract<Handshake, { type: "version_select" }>;
type DropMessage = Extract<Handshake, { type: "drop_conn" }>;
type PeeredSession = Extract<Session, { phase: "peered" }>;

/** The one version of the protocol that there is. */
const VERSION = 1;
/** "BYE", and 8 bytes of the peer's choice: it wants to go, and waits for the pong. */
const BYE = [0x42, 0x59, 0x45];
const BYE_LENGTH = 11;
/** Characters. */
const MAX_REASON = 300;
