/**
 * What scripts see of Broker: one endpoint in each process, to which listeners and peers are added.
 * The code of the transports is loaded when they are used.
 */
import { Endpoint, type EventHandler, type PeerInfo } from "../broker/endpoint.ts";
import { listenProblem } from "../broker/exposure.ts";
import type { NativeListenOptions, NativePeerOptions } from "../broker/native/native.ts";
import { toValue } from "../broker/natural.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
} from "../broker/values.ts";
import type { WebSocketPeerOptions } from "../broker/websocket/client.ts";
import type { HttpRoute } from "../broker/websocket/routes.ts";
import type { WebSocketListenOptions } from "../broker/websocket/server.ts";
import { ListenError, NoSupervisorError } from "../errors.ts";
import { beforeExit } from "./closing.ts";
import { reportError } from "./lifecycle.ts";
import { isRehearsal } from "./rehearsal.ts";

/** What listens; `close` ends it and its connections. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A connection that is made, and made again when it breaks, until it is closed. */
export interface Peering {
  /** Resolves with the first connection; rejects if there is none and it is not tried again. */
  readonly connected: Promise<void>;
  /** Resolves when what was published before has been sent. */
  close(): Promise<void>;
}

let own: Endpoint | undefined;
/** Done before the first connection: in a Supervisor, what answers requests is loaded. */
let prepare: () => Promise<void> = async () => {};
/** What every WebSocket listener of this process answers to plain HTTP requests. */
let routes: readonly HttpRoute[] = [];
const open = new Set<{ close(): Promise<void> }>();

/** This process's endpoint. */
export function endpoint(): Endpoint {
  own ??= new Endpoint(crypto.randomUUID(), reportError);
  return own;
}

/** Sets what is done before the first listener or peer of this process. */
export function beforeConnecting(act: () => Promise<void>): void {
  prepare = act;
}

/** Sets what the WebSocket listeners of this process answer to plain HTTP requests; errors are reported. */
export function serveHttp(served: readonly HttpRoute[]): readonly HttpRoute[] {
  routes = served.map((route) => ({
    ...route,
    async handle(request) {
      try {
        return await route.handle(request);
      } catch (error) {
        reportError(error, `the answer at '${route.path}' failed`);
        throw error;
      }
    },
  }));
  return routes;
}

/** Closes all listeners and peers. Resolves when what was published before has left this process. */
export async function closeBroker(): Promise<void> {
  await Promise.all([...open].map((one) => one.close()));
}

export const broker = {
  /** Listens for Broker peers. Default 127.0.0.1:9999, with Zeek's anonymous TLS. @throws ListenError */
  async listen(options: NativeListenOptions & { insecure?: boolean } = {}): Promise<Listener> {
    const { host = "127.0.0.1", tls, insecure = false } = options;
    const hasClientCertificates = typeof tls === "object";
    const problem = listenProblem({ host, hasToken: undefined, hasClientCertificates, insecure });
    if (problem !== undefined) throw new ListenError(problem);
    if (isRehearsal()) return nowhere(options);
    await prepare();
    const { listenNative } = await import("../broker/native/native.ts");
    return opened(await listenNative(endpoint(), options));
  },
  /** Listens for WebSocket clients. Default 127.0.0.1:9997, or a Unix socket at `path`. @throws ListenError */
  async listenWebSocket(options: WebSocketListenOptions = {}): Promise<Listener> {
    if (isRehearsal()) return nowhere(options);
    await prepare();
    const { listenWebSocket } = await import("../broker/websocket/server.ts");
    return opened(await listenWebSocket(endpoint(), { routes, ...options }));
  },
  /** Connects to a Broker peer, and again whenever the connection breaks. */
  peer(host: string, port: number, options: NativePeerOptions = {}): Peering {
    return peering(async () => {
      const { peerNative } = await import("../broker/native/native.ts");
      return peerNative(endpoint(), host, port, options);
    });
  },
  /** Connects to a WebSocket server, Zeek's or ours: `ws://HOST:PORT`, `wss://…`, `unix:PATH`. */
  peerWebSocket(url: string, options: WebSocketPeerOptions = {}): Peering {
    return peering(async () => {
      const { peerWebSocket } = await import("../broker/websocket/client.ts");
      return peerWebSocket(endpoint(), url, options);
    });
  },
  /** Wants the events on all topics that begin with `prefix`. */
  subscribe(prefix: string): void {
    endpoint().subscribe(prefix);
  },
  /**
   * Publishes an event to all peers that want it. A string, boolean, array, Map, Set or Date is
   * what it is in Zeek too; a number is a double, a bigint an int.
   * @throws BrokerValueError
   */
  publish(topic: string, event: string, ...args: unknown[]): void {
    endpoint().publish(topic, { name: event, args: args.map(toValue) });
  },
  /** Has `handler` called with the arguments of every event of that name that comes in. */
  onEvent(name: string, handler: EventHandler): void {
    endpoint().onEvent(name, handler);
  },
  /** `peerAdded` (peer) and `peerLost` (peer, reason). */
  on(name: "peerAdded" | "peerLost", handler: (peer: PeerInfo, reason?: string) => unknown): void {
    if (name !== "peerAdded" && name !== "peerLost") {
      throw new TypeError(`no event is called '${String(name)}': there are peerAdded, peerLost`);
    }
    endpoint().on(name, handler);
  },
  address,
  count,
  enumValue,
  integer,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
};

function opened(listener: Listener): Listener {
  keep(listener);
  return {
    host: listener.host,
    port: listener.port,
    close: async () => {
      open.delete(listener);
      await listener.close();
    },
  };
}

/** What a rehearsal has instead of a listener. */
function nowhere({ host = "", port = 0 }: { host?: string; port?: number }): Listener {
  return { host, port, async close() {} };
}

function peering(connect: () => Promise<Peering>): Peering {
  let isClosed = false;
  let connection: Peering | undefined;
  if (isRehearsal()) return { connected: Promise.resolve(), async close() {} };
  const connecting = prepare().then(async () => {
    if (isClosed) throw new NoSupervisorError("closed before there was a connection");
    connection = await connect();
    if (isClosed) await connection.close();
    await connection.connected;
  });
  // Whoever waits for it is told; others find out from `peerAdded`.
  connecting.catch(() => {});
  const own: Peering = {
    connected: connecting,
    async close() {
      isClosed = true;
      open.delete(own);
      await connection?.close();
    },
  };
  keep(own);
  return own;
}

function keep(one: { close(): Promise<void> }): void {
  open.add(one);
  beforeExit(closeBroker);
}
