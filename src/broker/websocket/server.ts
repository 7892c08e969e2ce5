/** Listens for clients that speak WebSocket JSON v1, on TCP, with TLS or without, or on a Unix socket. */
import net from "node:net";
import tls from "node:tls";
import { ListenError } from "../../errors.ts";
import { listenPrivately } from "../../os/private-socket.ts";
import { type ShortPath, shortPath } from "../../os/socket-path.ts";
import { hostAndPort } from "../addresses.ts";
import type { Endpoint } from "../endpoint.ts";
import { listenProblem } from "../exposure.ts";
import { pem } from "../tls.ts";
import { type DoorOptions, WebSocketDoor } from "./door.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { DEFAULT_PORT } from "./protocol.ts";
import { isFree } from "./unix.ts";

export interface WebSocketListenOptions extends DoorOptions {
  /** An address or a name of this machine; 127.0.0.1 if left out. */
  host?: string;
  /** 0: any; 9997, Broker's, if left out. */
  port?: number;
  /** A Unix socket, instead of host and port; its file is for this user alone. */
  path?: string;
  tls?: false | TlsOptions;
  /** Allows what would let everybody in who can reach it. */
  insecure?: boolean;
}

/** PEM text, or files' names. */
export interface TlsOptions {
  cert: string;
  key: string;
  /** Clients must have a certificate that one of these has signed. */
  ca?: string;
}

export interface Listener {
  /** The address; "" for a Unix socket. */
  readonly host: string;
  /** The port; 0 for a Unix socket. */
  readonly port: number;
  readonly path?: string;
  /** Takes no more, closes all with `code` (1001 if left out), and returns when all is closed. */
  close(code?: number, reason?: string): Promise<void>;
}

/**
 * Opens a listener whose clients are peers of `endpoint`.
 *
 * @throws ListenError (as a rejection) if it cannot, or may not
 */
export async function listenWebSocket(
  endpoint: Endpoint,
  options: WebSocketListenOptions = {},
): Promise<Listener> {
  return options.path === undefined
    ? listenTcp(endpoint, { ...options, host: options.host ?? "127.0.0.1" })
    : listenUnix(endpoint, { ...options, path: options.path });
}

async function listenTcp(
  endpoint: Endpoint,
  options: WebSocketListenOptions & { host: string },
): Promise<Listener> {
  const { host, port = DEFAULT_PORT, insecure = false } = options;
  const problem = listenProblem({
    host,
    hasToken: options.token !== undefined || options.readToken !== undefined,
    hasClientCertificates: options.tls ? options.tls.ca !== undefined : false,
    insecure,
  });
  if (problem !== undefined) throw new ListenError(problem);
  const door = new WebSocketDoor(endpoint, options);
  const where = hostAndPort(host, port);
  const server = serverFor(door, options, where);
  await listening(server, () => server.listen({ host, port }), where);
  const bound = server.address() as net.AddressInfo;
  return {
    host: bound.address,
    port: bound.port,
    close: (code, reason) => closeAll(server, door, code, reason),
  };
}

async function listenUnix(
  endpoint: Endpoint,
  options: WebSocketListenOptions & { path: string },
): Promise<Listener> {
  const { path } = options;
  const door = new WebSocketDoor(endpoint, options);
  const server = net.createServer(ACCEPT, (socket) => door.adopt(socket, { local: true }));
  const short = shortened(path);
  try {
    if (!(await isFree(short.path))) throw new ListenError(cannot(path, IN_USE));
    await listening(server, () => listenPrivately(server, short.path), path);
  } catch (error) {
    short.release();
    throw error;
  }
  return {
    host: "",
    port: 0,
    path,
    async close(code, reason) {
      await closeAll(server, door, code, reason);
      short.release();
    },
  };
}

function serverFor(
  door: WebSocketDoor,
  options: WebSocketListenOptions,
  where: string,
): net.Server {
  const accept = (socket: net.Socket) => door.adopt(socket, { local: false });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (!options.tls) return net.createServer(ACCEPT, accept);
  const { cert, key, ca } = options.tls;
  try {
    const server = tls.createServer(
      {
        cert: pem(cert),
        key: pem(key),
        ...(ca !== undefined && { ca: pem(ca), requestCert: true, rejectUnauthorized: true }),
        handshakeTimeout: limits.upgradeTime,
      },
      accept,
    );
    // Node.js leaves one whose handshake fails, or takes too long, as it is.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    // Those that never get through the handshake do not reach the door's count.
    server.maxConnections = limits.connections;
    return server;
  } catch (error) {
    throw new ListenError(cannot(where, `its certificate or key: ${messageOf(error)}`));
  }
}

function listening(server: net.Server, listen: () => void, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new ListenError(cannot(where, reasonOf(error))));
    server.once("error", fail);
    server.once("listening", () => {
      server.off("error", fail);
      // A connection that could not be accepted, for want of descriptors: the next one may be.
      server.on("error", () => {});
      resolve();
    });
    try {
      listen();
    } catch (error) {
      fail(error); // A port that is none.
    }
  });
}

async function closeAll(
  server: net.Server,
  door: WebSocketDoor,
  code?: number,
  reason?: string,
): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await door.close(code, reason);
  await closed;
}

function shortened(path: string): ShortPath {
  try {
    return shortPath(path);
  } catch (error) {
    throw new ListenError(cannot(path, reasonOf(error)));
  }
}

function cannot(where: string, why: string): string {
  return `cannot listen on ${where}: ${why}`;
}

function reasonOf(error: unknown): string {
  return REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const IN_USE = "something else listens there";
const REASONS: Record<string, string> = {
  EADDRINUSE: IN_USE,
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
  ENOENT: "no such directory",
  ENOTFOUND: "no such host",
};
/** As HTTP servers accept: a client may close its half and still read the answer. */
const ACCEPT = { allowHalfOpen: true, noDelay: true };
