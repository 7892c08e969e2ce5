/** Keeps a connection to a WebSocket server: Coppice's own, or Zeek's. */
import { NoSupervisorError } from "../../errors.ts";
import type { Endpoint } from "../endpoint.ts";
import { type ClientTls, WebSocketLine } from "./line.ts";
import { type Target, targetOf } from "./target.ts";
import { wordsFor } from "./trouble.ts";

export interface WebSocketPeerOptions {
  /** What the server asks for, if it does. */
  token?: string;
  /** Milliseconds until the next attempt, for ever, also after a loss; 1000 if left out. `false`: one attempt. */
  retry?: number | false;
  /** Sent as X-Application-Name. */
  application?: string;
  /** Who this is, for the log of a Supervisor on this machine. */
  client?: string;
  tls?: ClientTls;
  /** Milliseconds for an attempt, up to the server's acknowledgement; 10,000 if left out. */
  timeout?: number;
  /** Milliseconds for the server's answer when the connection is closed; 5000 if left out. */
  closeTime?: number;
  /** Called with what the server says it could not take. Nothing tells which message it was. */
  onError?: (code: string, context: string) => void;
  /** Called when an attempt has failed that is followed by another. */
  onFailure?: (error: NoSupervisorError) => void;
}

export interface Connection {
  /** Sends what is queued, and ends the connection for good. */
  close(): Promise<void>;
  /** Fulfilled when the server has acknowledged for the first time; else rejected with a NoSupervisorError. */
  readonly connected: Promise<void>;
  /** The server's version, once it has acknowledged. */
  readonly version: string | undefined;
}

/**
 * Makes the server a peer of `endpoint`, that sends us what is subscribed to in this process.
 *
 * @param url ws://HOST:PORT, wss://HOST:PORT or unix:PATH
 * @throws UsageError if `url` is something else
 */
export function peerWebSocket(
  endpoint: Endpoint,
  url: string,
  options: WebSocketPeerOptions = {},
): Connection {
  const client = new Client(endpoint, url, options);
  client.connect();
  return client;
}

class Client implements Connection {
  readonly connected: Promise<void>;
  version: string | undefined;
  readonly #endpoint: Endpoint;
  readonly #url: string;
  readonly #target: Target;
  readonly #options: WebSocketPeerOptions;
  #line: WebSocketLine | undefined;
  #retrying: NodeJS.Timeout | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  /** Whether the connection is closed only to be made again at once. */
  #isRenewing = false;
  #fulfil: () => void = () => {};
  #reject: (error: NoSupervisorError) => void = () => {};

  constructor(endpoint: Endpoint, url: string, options: WebSocketPeerOptions) {
    this.#endpoint = endpoint;
    this.#url = url;
    this.#target = targetOf(url);
    this.#options = options;
    this.connected = new Promise((fulfil, reject) => {
      this.#fulfil = fulfil;
      this.#reject = reject;
    });
    this.connected.catch(() => {}); // Whoever does not wait for it need not know.
    // Several subscriptions made together cost one reconnection.
    endpoint.on("localFilter", this.#onFilter);
  }

  connect(): void {
    this.#isRenewing = false;
    try {
      const { timeout = 10_000 } = this.#options;
      this.#line = new WebSocketLine(
        this.#endpoint,
        this.#target,
        { ...this.#options, timeout },
        {
          opened: (version) => this.#opened(version),
          ended: (reason) => this.#ended(reason),
          error: ({ code, context }) => this.#options.onError?.(code, context),
          unwanted: () => void this.close(),
        },
      );
    } catch (error) {
      this.#ended(wordsFor(error as Error));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop();
    clearTimeout(this.#retrying);
    this.#reject(
      new NoSupervisorError(`the connection to ${this.#url} was closed by this process`),
    );
    const line = this.#line;
    line?.finish();
    await line?.closed;
  }

  readonly #onFilter = () => setImmediate(() => this.#renew());

  #stop(): void {
    this.#isClosed = true;
    this.#endpoint.off("localFilter", this.#onFilter);
  }

  #opened(version: string): void {
    this.version = version;
    this.#fulfil();
    setImmediate(() => this.#renew()); // In case something was subscribed to in the meantime.
  }

  #ended(reason: string): void {
    this.#line = undefined;
    if (this.#isClosed) return;
    if (this.#isRenewing) {
      this.connect();
      return;
    }
    const error = new NoSupervisorError(`no Supervisor answers at ${this.#url}: ${reason}`);
    const { retry = 1000, onFailure } = this.#options;
    if (retry === false) {
      this.#stop();
      this.#reject(error);
      return;
    }
    this.#retrying = setTimeout(() => this.connect(), retry);
    onFailure?.(error);
  }

  /**
   * Subscriptions are fixed for a connection's life, so that other ones need another connection.
   * What is published in between is lost, as with every loss of a connection.
   */
  #renew(): void {
    const line = this.#line;
    if (line?.subscribed === undefined || this.#isClosed || this.#isRenewing) return;
    if (line.subscribed.equals(this.#endpoint.localFilter)) return;
    this.#isRenewing = true;
    line.finish();
  }
}
