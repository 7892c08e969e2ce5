/**
 * A line to a Supervisor: an endpoint of our own with one peer. It finds the connection again when
 * it breaks, and says when.
 */
import { randomBytes, randomUUID } from "node:crypto";
import os from "node:os";
import { Endpoint, type EventHandler } from "../broker/endpoint.ts";
import type { BrokerEvent } from "../broker/event.ts";
import { NoSupervisorError, UsageError } from "../errors.ts";
import { within } from "../os/within.ts";
import type { ConnectOptions } from "./client.ts";
import { CLIENT_TOPIC } from "./protocol.ts";
import { NODE_STATUS_TOPIC, TOPIC } from "./requests.ts";

/** How long after a broken connection the next is tried (ms), again and again. */
const RETRY_MS = 500;
/** The same on this machine, where a Supervisor that replaces itself is there again at once. */
const LOCAL_RETRY_MS = 5;

interface Connection {
  connected: Promise<void>;
  close(): void;
}

export interface LinkEvents {
  /** Again connected, after having been lost. */
  again(): void;
  lost(reason: string): void;
}

export class Link {
  readonly endpoint: Endpoint;
  readonly url: string;
  readonly #options: ConnectOptions;
  /** Begins the id of every request, and so the topics of all answers to us. */
  readonly #session = randomBytes(9).toString("hex");
  #requests = 0;
  #connection: Connection | undefined;
  /** Whether the connection makes itself again; the first one does not. */
  #isLasting = false;
  #closed = false;
  #events: LinkEvents | undefined;

  private constructor(url: string, options: ConnectOptions) {
    this.url = url;
    this.#options = options;
    this.endpoint = new Endpoint(randomUUID(), (error, where) => this.report(error, where));
    this.endpoint.subscribe(`${CLIENT_TOPIC}${this.#session}/`);
    for (const kind of ["create", "destroy", "restart", "status"]) {
      this.endpoint.subscribe(`${TOPIC}/${kind}_response/${this.#session}/`);
    }
    this.endpoint.subscribe(NODE_STATUS_TOPIC);
    this.endpoint.on("peerLost", (_info, reason) => this.#lost(reason));
    this.endpoint.on("peerAdded", () => this.#events?.again());
  }

  /** @throws NoSupervisorError, UsageError (rejections) */
  static async open(url: string, options: ConnectOptions): Promise<Link> {
    const link = new Link(url, options);
    const timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
    link.#connection = await link.#connect(false);
    try {
      await within(timeout, link.#connection.connected, () => noAnswer(url, timeout));
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  /** Has the caller told when the connection is lost and made again. */
  tell(events: LinkEvents): void {
    this.#events = events;
  }

  get isConnected(): boolean {
    return this.endpoint.peers.size > 0;
  }

  /** An id for a request, whose answers only we get. */
  nextId(): string {
    return `${this.#session}/${++this.#requests}`;
  }

  publish(topic: string, event: BrokerEvent): void {
    this.endpoint.publish(topic, event);
  }

  onEvent(name: string, handler: EventHandler): void {
    this.endpoint.onEvent(name, handler);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  /** An error in something that the user of the connection has set up. */
  report(error: unknown, where: string): void {
    process.stderr.write(`error: ${where}: ${String(error)}\n`);
  }

  #lost(reason: string): void {
    if (!this.#closed && !this.#isLasting) {
      this.#isLasting = true;
      this.#connection?.close();
      const retry = this.url.startsWith("unix:") ? LOCAL_RETRY_MS : RETRY_MS;
      void this.#connect(retry).then((connection) => {
        this.#connection = connection;
        if (this.#closed) connection.close();
      });
    }
    this.#events?.lost(reason);
  }

  /** @param retry milliseconds; `false`: only once */
  async #connect(retry: number | false): Promise<Connection> {
    const { application, client, token, tls, timeout } = this.#options;
    const target = parseTarget(this.url);
    if (target.kind === "native") {
      const { peerNative } = await import("../broker/native/native.ts");
      const options = { retry, ...(tls === undefined ? {} : { tls }) };
      return peerNative(this.endpoint, target.host, target.port, options);
    }
    const { peerWebSocket } = await import("../broker/websocket/client.ts");
    return peerWebSocket(this.endpoint, this.url, {
      retry,
      application: application ?? "coppice",
      client: client ?? `PID ${process.pid}, user ${userName()}`,
      ...(token === undefined ? {} : { token }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(typeof tls === "object" ? { tls } : {}),
    });
  }
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown"); // A number without an entry in passwd.
  }
}

export const DEFAULT_TIMEOUT_MS = 10_000;

type Target = { kind: "native"; host: string; port: number } | { kind: "websocket" };

/** @throws UsageError if it is no address of a Supervisor */
export function parseTarget(url: string): Target {
  if (/^unix:./.test(url)) return { kind: "websocket" };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  switch (parsed?.protocol) {
    case "ws:":
    case "wss:":
      return { kind: "websocket" };
    case "tcp:":
      return {
        kind: "native",
        host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: parsed.port === "" ? 9999 : Number(parsed.port),
      };
    default:
      throw new UsageError(
        `'${url}' is no address of a Supervisor: there are unix:PATH, ws://HOST:PORT, wss://HOST:PORT and tcp://HOST:PORT`,
      );
  }
}

/** @throws NoSupervisorError always */
export function noAnswer(url: string, timeout: number): never {
  throw new NoSupervisorError(`${url} does not answer within ${timeout / 1000} s`);
}
