/** Connects to Broker's peers: Zeek's `Broker::peer`. */
import net, { type Socket } from "node:net";
import { NoSupervisorError } from "../../errors.ts";
import { Deadline } from "../../os/deadline.ts";
import { hostAndPort } from "../addresses.ts";
import type { Endpoint } from "../endpoint.ts";
import { certified, type Tls, type TlsSettings, tlsSettings } from "../tls.ts";
import { MAX_VALUES } from "../values.ts";
import { peerIdsOf } from "./ids.ts";
import { type LinkEnd, type LinkLimits, NativeLink } from "./link.ts";
import { reasonOf } from "./sockets.ts";

export interface ConnectorLimits extends LinkLimits {
  /** How long connecting, TLS and handshake may take together, in milliseconds. */
  handshake: number;
}

export interface NativePeerOptions {
  /** Default true. */
  tls?: Tls;
  /** How long to wait after a failure or a loss, in milliseconds; `false`: one attempt. Default 1000. */
  retry?: number | false;
  /**
   * How long to wait first, in milliseconds; each further wait is half as long again, up to `retry`.
   * Unset: as long as `retry`.
   */
  firstRetry?: number;
  limits?: Partial<ConnectorLimits>;
  /** Told why an attempt to connect failed. */
  onFailure?: (reason: string) => void;
}

export interface Connection {
  /** Ends the connection, and the attempts to have one. Resolves when what was published is sent. */
  close(): Promise<void>;
  /** The first time that there is a peering, by whichever connection. Need not be handled. */
  connected: Promise<void>;
}

/**
 * Connects to a Broker endpoint, again and again unless `retry` is false.
 * @throws NoSupervisorError at once if the certificates cannot be had. `connected` rejects with it
 *   when the one attempt has failed, when the connection was closed first, or if TLS does not take
 *   the certificates: then nothing is tried again
 */
export function peerNative(
  endpoint: Endpoint,
  host: string,
  port: number,
  options: NativePeerOptions = {},
): Connection {
  return new NativeConnection(endpoint, host, port, options);
}

class NativeConnection implements Connection {
  readonly connected: Promise<void>;
  readonly #endpoint: Endpoint;
  readonly #host: string;
  readonly #port: number;
  readonly #settings: TlsSettings | undefined;
  readonly #retry: number | false;
  readonly #firstRetry: number;
  readonly #limits: ConnectorLimits;
  readonly #onFailure: (reason: string) => void;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  #isClosed = false;
  #link: NativeLink | undefined;
  /** How long to wait before the next attempt, in milliseconds. */
  #wait: number;
  /** When there was a peering, in milliseconds of a clock of its own. */
  #peeredAt: number | undefined;
  /** Ends what is going on: an attempt, a link, or a wait. */
  #cancel: () => void = () => {};

  constructor(endpoint: Endpoint, host: string, port: number, options: NativePeerOptions) {
    this.#endpoint = endpoint;
    this.#host = host;
    this.#port = port;
    this.#retry = options.retry ?? RETRY_MS;
    const longest = this.#retry || 0;
    this.#firstRetry = Math.min(options.firstRetry ?? longest, longest);
    this.#wait = this.#firstRetry;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#onFailure = options.onFailure ?? (() => {});
    try {
      this.#settings = tlsSettings(options.tls ?? true);
    } catch (error) {
      throw this.#error(reasonOf(error));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // Whoever does not look at it does not want to know.
    this.connected = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#attempt();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#reject(this.#error("closed"));
    await this.#link?.closed;
  }

  #attempt(): void {
    let isCancelled = false;
    this.#cancel = () => {
      isCancelled = true;
    };
    this.#connect().then(
      (socket) => {
        if (isCancelled) socket.destroy();
        else this.#await(socket);
      },
      // No connection was tried: the address or the certificates cannot be used at all.
      (error: unknown) => this.#giveUp(reasonOf(error)),
    );
  }

  /** Begins to connect. */
  async #connect(): Promise<Socket> {
    const target = { host: this.#host, port: this.#port };
    if (this.#settings === undefined) return net.connect(target);
    const tls = await import("node:tls");
    const settings = this.#settings;
    return certified(() => tls.connect({ ...target, ...settings }));
  }

  /** Waits for the connection, and then for the handshake. */
  #await(socket: Socket): void {
    let link: NativeLink | undefined;
    let reason = "the connection was closed";
    const { handshake } = this.#limits;
    const deadline = new Deadline(handshake, () => fail(`no handshake within ${handshake} ms`));
    const fail = (why: string) => {
      reason = why;
      if (link === undefined) socket.destroy();
      else link.drop(why);
    };
    socket.on("error", (error) => {
      reason = reasonOf(error);
    });
    socket.once("close", () => {
      deadline.callOff();
      if (link === undefined) this.#over({ reason, wasPeered: false });
    });
    socket.once(this.#settings === undefined ? "connect" : "secureConnect", () => {
      const begun = new NativeLink(this.#endpoint, socket, {
        side: "connector",
        address: hostAndPort(this.#host, this.#port),
        limits: this.#limits,
        onEstablished: () => {
          deadline.callOff();
          this.#peeredAt = performance.now();
          this.#resolve();
        },
        onOver: (end) => {
          deadline.callOff();
          this.#over(end);
        },
      });
      link = begun;
      this.#link = begun;
      this.#cancel = () => begun.close();
    });
    this.#cancel = () => socket.destroy();
  }

  #over({ reason, wasPeered, redundant }: LinkEnd): void {
    if (this.#isClosed) return;
    const ids = peerIdsOf(this.#endpoint);
    if (redundant !== undefined && ids.isConnected(redundant)) {
      // The other connection is as good as this one. When it goes, this one is needed again.
      this.#resolve();
      if (this.#retry !== false) this.#cancel = ids.whenFree(redundant, () => this.#later());
      return;
    }
    // Which we have ended, and it still reads.
    const why =
      redundant === undefined ? reason : "the peer is still busy with the connection before";
    if (!wasPeered) this.#onFailure(this.#error(why).message);
    if (this.#retry === false) this.#reject(this.#error(why));
    else this.#later();
  }

  #later(): void {
    const longest = this.#retry || 0;
    // A peer that does not stay is not there for good: the waits go on growing.
    const hasStayed = this.#peeredAt !== undefined && performance.now() - this.#peeredAt > longest;
    if (hasStayed) this.#wait = this.#firstRetry;
    this.#peeredAt = undefined;
    const timer = setTimeout(() => this.#attempt(), this.#wait);
    this.#wait = Math.min(this.#wait * GROWTH, longest);
    this.#cancel = () => clearTimeout(timer);
  }

  #giveUp(reason: string): void {
    if (this.#isClosed) return;
    this.#onFailure(this.#error(reason).message);
    this.#reject(this.#error(reason));
  }

  #error(reason: string): NoSupervisorError {
    return new NoSupervisorError(
      `cannot peer with ${hostAndPort(this.#host, this.#port)}: ${reason}`,
    );
  }
}

/** As Broker does by default, in milliseconds. */
const RETRY_MS = 1000;
/** So a peer that comes back is found after at most half the time that it was gone. */
const GROWTH = 1.5;

const LIMITS: ConnectorLimits = {
  // A busy Zeek may take its time.
  handshake: 10_000,
  // Whom we have connected to was chosen by us, and may publish more than requests.
  frame: 64 * 1024 * 1024,
  values: MAX_VALUES,
  // As for peers that have connected to us: src/broker/native/listener.ts.
  queue: 16 * 1024 * 1024,
  behind: 1024 * 1024,
};
