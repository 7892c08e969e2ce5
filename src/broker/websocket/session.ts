/** One client of the WebSocket door, from its upgrade to its end. */
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { BrokerFormatError } from "../../errors.ts";
import type { Endpoint, Peer, PeerInfo } from "../endpoint.ts";
import { decodeDataMessage, encodeDataMessage } from "../json/json.ts";
import type { Message } from "../message.ts";
import { fromBytes } from "../text.ts";
import { Filter } from "../topics.ts";
import type { WebSocketLimits } from "./limits.ts";
import {
  ackText,
  type ErrorReply,
  endOf,
  errorText,
  subscriptionsOf,
  undecoded,
} from "./protocol.ts";
import type { FairTurns, Worker } from "./turns.ts";

export interface SessionOptions {
  info: PeerInfo;
  mayControl: boolean;
  /** The version that the acknowledgement tells. */
  version: string;
  limits: WebSocketLimits;
  turns: FairTurns;
  /** What `ws` stands on. */
  socket: Socket;
}

/** What a client has sent and was not dealt with yet. */
interface Incoming {
  is: "message" | "ping" | "pong";
  bytes: Uint8Array;
}

/**
 * "opening": has not said yet what it subscribes to. "dead": said it wrongly, and is not listened
 * to any more, as in Zeek.
 */
type State = "opening" | "open" | "dead";

export class WebSocketSession implements Peer, Worker {
  readonly info: PeerInfo;
  readonly mayControl: boolean;
  readonly #ws: WebSocket;
  readonly #endpoint: Endpoint;
  readonly #options: SessionOptions;
  readonly #pinging: NodeJS.Timeout | undefined;
  #filter = new Filter();
  #state: State = "opening";
  #inbox: Incoming[] = [];
  /** Whether it waits for its turn to deal with what came in. */
  #hasTurn = false;
  #pings = 0;
  #isPongMissing = false;
  /** Bytes that had left for the client when its pong was last waited for. */
  #sentAtPing = 0;
  /** Why this side has given the connection up, if it has. */
  #givenUp: string | undefined;
  /** How the connection ended, if it has. */
  #ended: string | undefined;

  /** @param ws open, and not listened to yet; does not answer pings by itself */
  constructor(ws: WebSocket, endpoint: Endpoint, options: SessionOptions) {
    this.info = options.info;
    this.mayControl = options.mayControl;
    this.#ws = ws;
    this.#endpoint = endpoint;
    this.#options = options;
    ws.on("message", (data) => this.#take({ is: "message", bytes: data as Buffer }));
    ws.on("ping", (bytes) => this.#take({ is: "ping", bytes }));
    ws.on("pong", (bytes) => {
      this.#isPongMissing = false;
      // There is nothing to do with it, but to read no more than there is time for.
      this.#take({ is: "pong", bytes });
    });
    ws.on("error", () => {}); // "close" follows, with the code.
    ws.on("close", (code, reason) => this.#end(endOf(code, fromBytes(reason))));
    const { pingInterval } = options.limits;
    if (pingInterval > 0) {
      this.#pinging = setInterval(() => this.#ping(), pingInterval);
      this.#pinging.unref();
    }
  }

  get filter(): Filter {
    return this.#filter;
  }

  get queued(): number {
    return this.#ws.bufferedAmount;
  }

  send(message: Message): void {
    this.#sendText(message.as(encodeDataMessage));
  }

  close(): void {
    this.end(1001, "Terminating");
  }

  /** Begins to close the connection; what came in and was not dealt with yet is forgotten. */
  end(code: number, reason: string): void {
    this.#giveUp(reason);
    this.#ws.close(code, reason);
    this.#ws.resume(); // The client's answer is to be read.
  }

  step(): boolean {
    this.#hasTurn = false;
    const incoming = this.#inbox.shift();
    if (incoming?.is === "message") this.#handle(incoming.bytes);
    else if (incoming?.is === "ping") this.#answerPing(incoming.bytes);
    return this.#wantsTurn();
  }

  /** Nothing is dealt with here and now: a single chunk may hold thousands of messages. */
  #take(incoming: Incoming): void {
    if (this.#givenUp !== undefined) return;
    this.#inbox.push(incoming);
    // There is enough to do with what has been read already: a chunk or two.
    this.#ws.pause();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#wantsTurn()) this.#options.turns.add(this);
  }

  /**
   * Reads on if all was dealt with. Deals with nothing while too much waits for this client, so
   * that what its own requests make is bounded, and it is not dropped for it.
   */
  #wantsTurn(): boolean {
    if (this.#inbox.length === 0) {
      if (this.#ended !== undefined) this.#endpoint.detach(this, this.#givenUp ?? this.#ended);
      else if (!this.#isCongested() && this.#ws.isPaused) this.#ws.resume();
      return false;
    }
    if (this.#hasTurn || this.#isCongested()) return false;
    this.#hasTurn = true;
    return true;
  }

  /** Once it is closed nobody waits for answers: what it had sent before is dealt with. */
  #isCongested(): boolean {
    const isOpen = this.#ws.readyState === WebSocket.OPEN;
    return isOpen && this.#ws.bufferedAmount > this.#options.limits.queuedWhileReading;
  }

  #handle(bytes: Uint8Array): void {
    if (this.#state === "opening") this.#open(fromBytes(bytes));
    else if (this.#state === "open") this.#receive(fromBytes(bytes));
    else this.#state satisfies "dead";
  }

  #open(text: string): void {
    const { info, version, limits } = this.#options;
    const subscriptions = subscriptionsOf(text, limits.subscriptions);
    if (!Array.isArray(subscriptions)) {
      this.#state = "dead";
      this.#sendText(errorText(subscriptions));
      return;
    }
    this.#state = "open";
    this.#filter = new Filter(subscriptions);
    this.#sendText(ackText({ endpoint: info.id, version }));
    this.#endpoint.attach(this);
  }

  #receive(text: string): void {
    const problem = this.#problemWith(text);
    if (problem !== undefined) this.#sendText(errorText(problem));
  }

  #problemWith(text: string): ErrorReply | undefined {
    let message: ReturnType<typeof decodeDataMessage>;
    try {
      message = decodeDataMessage(text, this.#options.limits.values);
    } catch (error) {
      if (error instanceof BrokerFormatError) return undecoded(error.message);
      throw error;
    }
    const reception = this.#endpoint.receive(this, message.topic, message.value);
    switch (reception) {
      case "taken":
        return undefined;
      case "not an event":
        return undecoded("failed to create Zeek event");
      case "forbidden":
        return { code: "forbidden", context: "this connection may look, not act" };
      default:
        return reception satisfies never;
    }
  }

  #sendText(text: string): void {
    const ws = this.#ws;
    if (ws.readyState !== WebSocket.OPEN) return;
    if (ws.bufferedAmount > this.#options.limits.queued) {
      this.#giveUp("too slow: does not read what is sent to it");
      ws.terminate();
      return;
    }
    ws.send(text, this.#onSent);
    // Whatever it asks for would only make more wait.
    if (this.#isCongested()) ws.pause();
  }

  readonly #onSent = (): void => this.#goOn();

  #answerPing(bytes: Uint8Array): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.pong(bytes, false, this.#onSent);
  }

  #ping(): void {
    if (!this.#isPongMissing) this.#sendPing();
    // After a turn that took long, or a sleep of the whole machine, it may have come, unread yet.
    else setImmediate(() => this.#judge());
  }

  #sendPing(): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#isPongMissing = true;
    this.#sentAtPing = this.#sentBytes();
    const seconds = this.#options.limits.pingInterval / 1000;
    this.#ws.ping(`ixwebsocket::heartbeat::${seconds}s::${this.#pings++}`);
  }

  #judge(): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (!this.#isPongMissing) this.#sendPing();
    else if (this.#isHeldUp()) this.#sentAtPing = this.#sentBytes();
    else this.end(1011, "Ping timeout");
  }

  /** Whether the pong may lie in what is not read yet, because there is still so much to do. */
  #isHeldUp(): boolean {
    if (!this.#ws.isPaused) return false;
    return !this.#isCongested() || this.#sentBytes() > this.#sentAtPing;
  }

  /** Bytes that have left for the client. */
  #sentBytes(): number {
    return this.#options.socket.bytesWritten - this.#ws.bufferedAmount;
  }

  #giveUp(reason: string): void {
    this.#givenUp ??= reason;
    this.#inbox = [];
  }

  #end(how: string): void {
    clearInterval(this.#pinging);
    this.#ended = how;
    this.#goOn();
  }
}
