/** Accepts Broker's peers: Zeek's `Broker::listen`. */
import net, { type Server, type Socket } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { ListenError } from "../../errors.ts";
import { Deadline } from "../../os/deadline.ts";
import { hostAndPort, remoteOf } from "../addresses.ts";
import type { Endpoint } from "../endpoint.ts";
import { certified, type Tls, type TlsSettings, tlsSettings } from "../tls.ts";
import { type LinkEnd, type LinkLimits, NativeLink } from "./link.ts";
import { reasonOf } from "./sockets.ts";

export interface ListenerLimits extends LinkLimits {
  /** Connections at a time; further ones are closed at once. */
  connections: number;
  /** How long TLS and handshake may take together, in milliseconds. */
  handshake: number;
}

export interface NativeListenOptions {
  /** Default 127.0.0.1: whoever can connect can control. */
  host?: string;
  /** Default 9999; 0 is any that is free. */
  port?: number;
  /** Default true. */
  tls?: Tls;
  limits?: Partial<ListenerLimits>;
  /** Told of what nobody else is: connections that never became peers, and why. */
  onRefused?: (address: string, reason: string) => void;
}

export interface Listener {
  host: string;
  port: number;
  /** Stops listening, and ends all connections that were accepted. */
  close(): Promise<void>;
}

/**
 * Listens for Broker's peers.
 * @throws ListenError if it cannot: the address is taken, not this machine's, or not allowed
 */
export async function listenNative(
  endpoint: Endpoint,
  options: NativeListenOptions = {},
): Promise<Listener> {
  const { host = "127.0.0.1", port = DEFAULT_PORT } = options;
  try {
    const listener = new NativeListener(endpoint, options, tlsSettings(options.tls ?? true));
    await listener.listen(host, port);
    return listener;
  } catch (error) {
    throw new ListenError(`cannot listen on ${hostAndPort(host, port)}: ${reasonOf(error)}`);
  }
}

/** A connection that was accepted, from its first moment on. */
interface Visitor {
  socket: Socket;
  address: string;
  /** Once TLS is done. */
  link?: NativeLink;
  deadline?: Deadline;
}

class NativeListener implements Listener {
  host = "";
  port = 0;
  readonly #endpoint: Endpoint;
  readonly #limits: ListenerLimits;
  readonly #settings: TlsSettings | undefined;
  readonly #onRefused: (address: string, reason: string) => void;
  readonly #server: Server;
  /** By address: the server for TLS makes sockets of its own, and does not tell from which. */
  readonly #visitors = new Map<string, Visitor>();
  #tls: TlsServer | undefined;

  constructor(
    endpoint: Endpoint,
    { limits, onRefused = () => {} }: NativeListenOptions,
    settings: TlsSettings | undefined,
  ) {
    this.#endpoint = endpoint;
    this.#limits = { ...LIMITS, ...limits };
    this.#settings = settings;
    this.#onRefused = onRefused;
    this.#server = net.createServer();
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on("connection", (socket) => this.#accept(socket));
    this.#server.on("drop", (from) => {
      const address = hostAndPort(from?.remoteAddress ?? "?", from?.remotePort ?? 0);
      this.#onRefused(address, "there are too many connections");
    });
  }

  async listen(host: string, port: number): Promise<void> {
    if (this.#settings !== undefined) this.#tls = await this.#tlsServer(this.#settings);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    // Such as too many open files: the connection is lost, and the next one may be accepted.
    this.#server.on("error", (error) => this.#onRefused("?", reasonOf(error)));
    const address = this.#server.address();
    if (address === null || typeof address === "string") return;
    this.host = address.address;
    this.port = address.port;
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const visitor of [...this.#visitors.values()]) {
      if (visitor.link === undefined) this.#refuse(visitor, "the listener was closed");
      else visitor.link.close();
    }
    return closed;
  }

  async #tlsServer(settings: TlsSettings): Promise<TlsServer> {
    const tls = await import("node:tls");
    // Never listens itself: it is handed what was accepted, and so has our limits.
    const server = certified(() => tls.createServer(settings));
    server.on("secureConnection", (socket) => {
      const visitor = this.#visitors.get(remoteOf(socket));
      if (visitor === undefined) socket.destroy();
      else this.#begin(visitor, socket);
    });
    server.on("tlsClientError", (error, socket) => {
      const visitor = this.#visitors.get(remoteOf(socket));
      if (visitor !== undefined) this.#refuse(visitor, `no TLS: ${reasonOf(error)}`);
      socket.destroy();
    });
    return server;
  }

  #accept(socket: Socket): void {
    const visitor: Visitor = { socket, address: remoteOf(socket) };
    socket.on("error", () => {}); // "close" follows.
    // It was closed before it could be accepted.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    this.#visitors.set(visitor.address, visitor);
    const { handshake } = this.#limits;
    visitor.deadline = new Deadline(handshake, () => {
      this.#refuse(visitor, `no handshake within ${handshake} ms`);
    });
    socket.once("close", () => {
      // Node.js closes without a word if it does not trust a certificate.
      const asks = this.#settings?.requestCert === true;
      const reason = asks ? "no certificate that is trusted, or closed" : "closed";
      if (visitor.link === undefined) this.#refuse(visitor, `no TLS: ${reason}`);
      this.#forget(visitor);
    });
    if (this.#tls === undefined) this.#begin(visitor, socket);
    else this.#tls.emit("connection", socket);
  }

  #begin(visitor: Visitor, socket: Socket): void {
    visitor.link = new NativeLink(this.#endpoint, socket, {
      side: "acceptor",
      address: visitor.address,
      limits: this.#limits,
      onEstablished: () => visitor.deadline?.callOff(),
      onOver: (end) => this.#over(visitor, end),
    });
  }

  #over(visitor: Visitor, end: LinkEnd): void {
    visitor.deadline?.callOff();
    if (!end.wasPeered) this.#onRefused(visitor.address, end.reason);
  }

  /** Ends a connection that did not become a peer in time. */
  #refuse(visitor: Visitor, reason: string): void {
    if (visitor.link !== undefined) return visitor.link.drop(reason);
    if (!this.#forget(visitor)) return;
    visitor.deadline?.callOff();
    visitor.socket.destroy();
    this.#onRefused(visitor.address, reason);
  }

  #forget({ address, socket }: Visitor): boolean {
    return this.#visitors.get(address)?.socket === socket && this.#visitors.delete(address);
  }
}

/** Zeek's `Broker::default_port`. */
const DEFAULT_PORT = 9999;

const LIMITS: ListenerLimits = {
  // As many as Zeek's listener for WebSockets takes; a Supervisor has a handful of peers.
  connections: 100,
  // As Zeek has it for WebSockets. Whoever connects by hand to see what there is may go again.
  handshake: 3000,
  // A request has a few hundred bytes, and the configuration of a huge node some thousands.
  frame: 8 * 1024 * 1024,
  values: 100_000,
  // The status of thousands of nodes, some times over.
  queue: 16 * 1024 * 1024,
  // More than what answers to honest requests leave unread for long.
  behind: 1024 * 1024,
};
