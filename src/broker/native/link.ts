/**
 * A session on its socket, and a peer of the endpoint as soon as the handshake is over. Whatever the
 * other side sends, nothing is thrown from here: it ends in a close with a reason.
 */
import type { Socket } from "node:net";
import { BrokerFormatError } from "../../errors.ts";
import { decodeBinary, encodeBinary } from "../binary/binary.ts";
import { type Endpoint, type Peer, type PeerInfo, TOO_SLOW } from "../endpoint.ts";
import { eventOf, eventsOf, eventValue } from "../event.ts";
import type { Message } from "../message.ts";
import { toBytes } from "../text.ts";
import { Filter } from "../topics.ts";
import type { Value } from "../values.ts";
import { FrameReader } from "./frames.ts";
import { type Claim, peerIdsOf } from "./ids.ts";
import { encodeData, MAX_TOPIC } from "./messages.ts";
import {
  type Action,
  begin,
  claimed,
  decodeFor,
  filterChanged,
  receive,
  type Self,
  type Session,
  type Step,
} from "./session.ts";
import { hangUp, keepAlive, LINGER_AFTER_CLOSE_MS, reasonOf } from "./sockets.ts";

export interface LinkLimits {
  /** The longest frame that is taken, in bytes. */
  frame: number;
  /** How many values a message may hold: sorting an unsorted set of them takes its time. */
  values: number;
  /** A peer for which more bytes than this wait to be sent is dropped. */
  queue: number;
  /** A peer for which more bytes than this wait is read from only now and then. */
  behind: number;
}

export interface LinkSetup {
  side: "acceptor" | "connector";
  /** "127.0.0.1:9999". */
  address: string;
  limits: LinkLimits;
  onEstablished: () => void;
  /** Called once, when the session is over. */
  onOver: (end: LinkEnd) => void;
}

export interface LinkEnd {
  reason: string;
  /** Whether the handshake had been done. */
  wasPeered: boolean;
  /** The session ended because there is another one with this peer. */
  redundant?: string;
}

export class NativeLink implements Peer {
  readonly mayControl = true;
  /** Resolves when the connection is no more, and what was written is out or lost. */
  readonly closed: Promise<void>;
  readonly #endpoint: Endpoint;
  readonly #id: string;
  readonly #socket: Socket;
  readonly #setup: LinkSetup;
  readonly #reader: FrameReader;
  #session: Session = { phase: "over" };
  #info: PeerInfo;
  #filter = new Filter();
  #claim: Claim | undefined;
  #wasPeered = false;
  #isOver = false;
  /** Why there is nothing more to come, while what has come still has its turns. */
  #ended: string | undefined;
  #failure: string | undefined;
  #cancelTurn: (() => void) | undefined;
  #isHeld = false;

  /** @param socket connected, with its TLS handshake done, and read by nobody else */
  constructor(endpoint: Endpoint, socket: Socket, setup: LinkSetup) {
    this.#endpoint = endpoint;
    this.#id = endpoint.id.toLowerCase();
    this.#socket = socket;
    this.#setup = setup;
    this.#info = { kind: "native", address: setup.address, id: "" };
    this.#reader = new FrameReader(setup.limits.frame);
    keepAlive(socket);
    this.closed = new Promise((closed) => socket.once("close", () => closed()));
    socket.on("error", (error) => {
      this.#failure = reasonOf(error);
    });
    socket.on("end", () => this.#end("the connection was closed by the peer"));
    socket.on("close", () => this.#end(this.#failure ?? "the connection was closed"));
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    endpoint.on("filter", this.#onFilter);
    this.#step(begin(setup.side, this.#self));
  }

  get info(): PeerInfo {
    return this.#info;
  }

  get filter(): Filter {
    return this.#filter;
  }

  get queued(): number {
    return this.#socket.writableLength;
  }

  send(message: Message): void {
    if (this.#session.phase !== "peered") return;
    // Broker has no way to write it, and leaves it out too.
    if (message.topic.length > MAX_TOPIC / 3 && toBytes(message.topic).length > MAX_TOPIC) return;
    this.#write(encodeData(this.#id, message.topic, message.as(encodeBinary)));
  }

  close(): void {
    this.#finish("the connection was closed here", undefined, LINGER_AFTER_CLOSE_MS);
  }

  /** Ends the connection at once, whatever still waits to be sent. */
  drop(reason: string): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  get #self(): Self {
    return { id: this.#id, filter: this.#endpoint.filter };
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#reader.push(chunk);
    if (this.#cancelTurn !== undefined || this.#isHeld) this.#socket.pause();
    else if (this.#isBehind()) this.#waitForDrain();
    else this.#turn();
  };

  readonly #onDrain = (): void => {
    if (this.#cancelTurn === undefined) return;
    this.#cancelTurn();
    this.#turn();
  };

  readonly #onFilter = (): void => this.#step(filterChanged(this.#session, this.#self));

  /** Acts on frames for a while, so that a flood of them does not keep everything else waiting. */
  #turn(): void {
    this.#cancelTurn = undefined;
    this.#isHeld = false;
    const end = performance.now() + TURN_MS;
    this.#socket.cork();
    try {
      for (let isFirst = true; !this.#isOver; isFirst = false) {
        if (this.#session.phase === "claim") return this.#hold();
        if (!isFirst && performance.now() > end) return this.#waitForTurn();
        const payload = this.#reader.next();
        if (payload === undefined) return this.#caughtUp();
        this.#step(receive(this.#session, decodeFor(this.#session, payload), this.#self));
      }
    } catch (error) {
      this.#finish(reasonOf(error));
    } finally {
      this.#socket.uncork();
    }
  }

  #caughtUp(): void {
    if (this.#ended !== undefined) this.#finish(this.#ended);
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Goes on when the claim is answered. */
  #hold(): void {
    if (this.#ended !== undefined) return this.#finish(this.#ended);
    this.#isHeld = true;
    this.#socket.pause();
  }

  #waitForTurn(): void {
    if (this.#isBehind()) return this.#waitForDrain();
    this.#socket.pause();
    const immediate = setImmediate(() => this.#turn());
    this.#cancelTurn = () => clearImmediate(immediate);
  }

  /**
   * The peer does not read what it is sent, and so gets to say less. But it gets to say something:
   * two sides of which neither reads before the other does would wait for ever.
   */
  #waitForDrain(): void {
    this.#socket.pause();
    const timer = setTimeout(() => this.#turn(), BEHIND_MS);
    this.#cancelTurn = () => clearTimeout(timer);
  }

  #isBehind(): boolean {
    return this.#ended === undefined && this.#socket.writableLength > this.#setup.limits.behind;
  }

  #step({ session, actions }: Step): void {
    if (this.#isOver) return;
    this.#session = session;
    for (const action of actions) this.#perform(action);
  }

  #perform(action: Action): void {
    if (this.#isOver) return;
    switch (action.type) {
      case "send":
        return this.#write(action.frame);
      case "claim":
        return this.#ask(action.peer);
      case "established":
        return this.#establish(action.peer, action.filter);
      case "filter":
        this.#filter = action.filter;
        return;
      case "deliver":
        return this.#deliver(action.topic, action.payload);
      case "close":
        return this.#finish(action.reason, action.redundant);
      default:
        action satisfies never;
    }
  }

  #ask(peer: string): void {
    this.#claim = peerIdsOf(this.#endpoint).claim(peer, (granted) => {
      this.#step(claimed(this.#session, granted, this.#self));
      if (this.#isHeld && !this.#isOver) this.#turn();
    });
    if (this.#claim.state === "waiting") return;
    this.#step(claimed(this.#session, this.#claim.state === "granted", this.#self));
  }

  #establish(id: string, filter: Filter): void {
    this.#info = { ...this.#info, id };
    this.#filter = filter;
    this.#wasPeered = true;
    this.#claim?.settle();
    this.#setup.onEstablished();
    this.#endpoint.attach(this);
  }

  #deliver(topic: string, payload: Uint8Array): void {
    if (!this.#endpoint.filter.matches(topic)) return;
    let value: Value;
    try {
      value = decodeBinary(payload, this.#setup.limits.values);
    } catch (error) {
      // Broker leaves out what it cannot read as well: the frames around it are as good as before.
      if (error instanceof BrokerFormatError) return;
      throw error;
    }
    for (const one of messagesIn(value)) this.#endpoint.receive(this, topic, one);
  }

  #write(frame: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    const waiting = this.#socket.writableLength;
    if (waiting <= this.#setup.limits.queue) return;
    this.drop(`${TOO_SLOW}: ${waiting} bytes wait to be sent to it`);
  }

  /** Nothing more comes; what has come is acted upon first. */
  #end(reason: string): void {
    if (this.#isOver || this.#ended !== undefined) return;
    const isLeaving = this.#session.phase === "peered" && this.#session.leaving;
    this.#ended = isLeaving ? "the peer has ended the peering" : reason;
    this.#cancelTurn?.();
    this.#turn();
  }

  #finish(reason: string, redundant?: string, linger?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#session = { phase: "over" };
    this.#cancelTurn?.();
    this.#endpoint.off("filter", this.#onFilter);
    this.#socket.off("data", this.#onData);
    this.#socket.off("drain", this.#onDrain);
    hangUp(this.#socket, linger);
    this.#endpoint.detach(this, reason);
    this.#claim?.release();
    const end = { reason, wasPeered: this.#wasPeered };
    this.#setup.onOver(redundant === undefined ? end : { ...end, redundant });
  }
}

/** What is to be received one by one. A single event keeps its metadata on its way to clients. */
function messagesIn(value: Value): Value[] {
  return eventOf(value) === undefined ? eventsOf(value).map(eventValue) : [value];
}

/** How long a burst of frames may keep the loop, in milliseconds. */
const TURN_MS = 5;
/** How often a peer that does not read is read from, in milliseconds. */
const BEHIND_MS = 20;
