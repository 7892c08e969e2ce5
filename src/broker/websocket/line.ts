/** One connection to a WebSocket server, as its client: from the attempt to its end. */
import net from "node:net";
import { WebSocket } from "ws";
import { BrokerFormatError } from "../../errors.ts";
import { Deadline } from "../../os/deadline.ts";
import { shortPath } from "../../os/socket-path.ts";
import type { Endpoint, Peer, PeerInfo } from "../endpoint.ts";
import {
  dataMessageOf,
  encodeDataMessage,
  type Json,
  JsonObject,
  parseJson,
  quote,
} from "../json/json.ts";
import type { Message } from "../message.ts";
import { fromBytes } from "../text.ts";
import { pem } from "../tls.ts";
import { Filter } from "../topics.ts";
import { type ErrorReply, endOf, replyOf } from "./protocol.ts";
import type { Target } from "./target.ts";
import { refusalOf, wordsFor } from "./trouble.ts";

export interface LineOptions {
  token?: string;
  application?: string;
  client?: string;
  tls?: ClientTls;
  /** Milliseconds for everything up to the server's acknowledgement. */
  timeout: number;
  /** Milliseconds for the server's answer to the closing; with what is queued before it. */
  closeTime?: number;
}

/** PEM text, or files' names. */
export interface ClientTls {
  /** Who may have signed the server's certificate; the system's authorities if left out. */
  ca?: string;
  cert?: string;
  key?: string;
}

export interface LineEvents {
  /** Acknowledged and attached; `version` is the server's. */
  opened(version: string): void;
  /** Not connected, or not any more. */
  ended(reason: string): void;
  error(reply: ErrorReply): void;
  /** The endpoint has no use for this peer any more. */
  unwanted(): void;
}

type State = "connecting" | "greeting" | "open" | "ended";

export class WebSocketLine implements Peer {
  readonly mayControl = true;
  /** A server knows itself what it wants: it gets everything. */
  readonly filter = new Filter([""]);
  info: PeerInfo;
  /** What the server was told that we want; undefined before. */
  subscribed: Filter | undefined;
  readonly #endpoint: Endpoint;
  readonly #events: LineEvents;
  readonly #ws: WebSocket;
  readonly #deadline: Deadline;
  /** Resolves when the connection is no more. */
  readonly closed: Promise<void>;
  #state: State = "connecting";
  /** What went wrong first. */
  #trouble: string | undefined;

  /** @throws an error of the system, or for a header that cannot be sent */
  constructor(endpoint: Endpoint, target: Target, options: LineOptions, events: LineEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.info = { kind: "server", address: target.address, id: "" };
    this.#ws = connect(target, options);
    this.closed = new Promise((closed) => this.#ws.once("close", () => closed()));
    this.#ws.on("open", () => this.#greet());
    this.#ws.on("message", (data) => this.#take(fromBytes(data as Buffer)));
    this.#ws.on("upgrade", ({ socket }) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    this.#ws.on("unexpected-response", (_request, response) => {
      refusalOf(response, (text) => this.#fail(text));
    });
    this.#ws.on("error", (error) => {
      this.#trouble ??= wordsFor(error);
    });
    this.#ws.on("close", (code, reason) => this.#end(endOf(code, fromBytes(reason))));
    this.#deadline = new Deadline(options.timeout, () => {
      const seconds = options.timeout / 1000;
      this.#fail(
        this.#state === "connecting"
          ? `no answer within ${seconds} s`
          : // A Zeek without a cluster backend never does.
            `the server has not acknowledged the subscriptions within ${seconds} s`,
      );
    });
  }

  get queued(): number {
    return this.#ws.bufferedAmount;
  }

  send(message: Message): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    if (this.#ws.bufferedAmount > MAX_QUEUED) this.#fail("the server does not read what is sent");
    else this.#ws.send(message.as(encodeDataMessage));
  }

  close(): void {
    this.#events.unwanted();
  }

  /** Sends what is queued, and ends the connection. */
  finish(): void {
    if (this.#ws.readyState === WebSocket.CONNECTING) this.#ws.terminate();
    else this.#ws.close(1000);
  }

  #greet(): void {
    this.#state = "greeting";
    this.subscribed = this.#endpoint.localFilter;
    this.#ws.send(`[${this.subscribed.prefixes.map(quote).join(",")}]`);
  }

  #take(text: string): void {
    if (this.#state === "greeting") this.#takeGreeting(text);
    else if (this.#state === "open") this.#takeMessage(text);
  }

  #takeGreeting(text: string): void {
    const reply = replyOf(text);
    if (reply === undefined) this.#fail("not a server of WebSocket JSON v1");
    else if (reply.type === "error") {
      this.#events.error(reply);
      this.#fail(`${reply.context} (${reply.code})`);
    } else {
      this.#deadline.callOff();
      this.#state = "open";
      this.info = { ...this.info, id: reply.endpoint };
      this.#events.opened(reply.version);
      this.#endpoint.attach(this);
    }
  }

  #takeMessage(text: string): void {
    try {
      const json = parseJson(text);
      const error = errorOf(json);
      if (error !== undefined) {
        this.#events.error(error);
        return;
      }
      const { topic, value } = dataMessageOf(json);
      this.#endpoint.receive(this, topic, value);
    } catch (error) {
      if (!(error instanceof BrokerFormatError)) throw error;
      // It may have been the answer that somebody waits for.
      this.#events.error({ code: "deserialization_failed", context: error.message });
    }
  }

  #fail(trouble: string): void {
    this.#trouble ??= trouble;
    this.#ws.terminate();
  }

  #end(how: string): void {
    this.#deadline.callOff();
    if (this.#state === "ended") return;
    this.#state = "ended";
    const reason = this.#trouble ?? how;
    this.#endpoint.detach(this, reason);
    this.#events.ended(reason);
  }
}

function pemsOf(tls: ClientTls = {}): ClientTls {
  return Object.fromEntries(Object.entries(tls).map(([name, one]) => [name, pem(one)]));
}

function connect(target: Target, options: LineOptions): WebSocket {
  const short = target.path === undefined ? undefined : shortPath(target.path);
  try {
    const ws = new WebSocket(target.url, {
      ...pemsOf(options.tls),
      ...(short !== undefined && {
        createConnection: (() => net.connect(short.path)) as typeof net.connect,
      }),
      headers: headersOf(options),
      perMessageDeflate: false,
      // One message in each turn of the loop: a server that floods does not hold up the others.
      allowSynchronousEvents: false,
      maxPayload: MAX_MESSAGE,
      // Zeek's strings are bytes, and it sends them as they are.
      skipUTF8Validation: true,
      ...closeTimeout(options),
    });
    if (short !== undefined) {
      ws.once("upgrade", () => short.release());
      ws.once("close", () => short.release());
    }
    return ws;
  } catch (error) {
    short?.release();
    throw error;
  }
}

function headersOf({ token, application, client }: LineOptions): Record<string, string> {
  return {
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(application !== undefined && { "X-Application-Name": application }),
    // Headers are Latin-1 to Node.js, which so passes on the bytes of UTF-8.
    ...(client !== undefined && {
      "X-Coppice-Client": Buffer.from(client.replace(/\p{C}/gu, "")).toString("latin1"),
    }),
  };
}

/** Newer than what @types/ws knows. */
function closeTimeout({ closeTime = CLOSE_MS }: LineOptions): object {
  return { closeTimeout: closeTime };
}

function errorOf(json: Json): ErrorReply | undefined {
  if (!(json instanceof JsonObject) || json.text("type") !== "error") return undefined;
  return { code: json.text("code") ?? "", context: json.text("context") ?? "" };
}

/** Bytes: the state of a very large cluster is one message. */
const MAX_MESSAGE = 64 << 20;
/** Bytes that may wait for a server. */
const MAX_QUEUED = 16 << 20;
/** So that a server that vanished without a word is noticed some time. */
const KEEP_ALIVE_MS = 15_000;
/** As long as a script's end waits: on a busy machine the server may stand still for a while. */
const CLOSE_MS = 5000;
