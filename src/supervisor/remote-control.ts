/**
 * Where the Supervisor can be reached: always `control.sock` in the state directory, and what the
 * command line asks for. What answers is loaded when the first connection comes, since most trees
 * run for months between two.
 */
import fs from "node:fs";
import net from "node:net";
import type { WebSocketDoor } from "../broker/websocket/door.ts";
import type { HttpRoute } from "../broker/websocket/routes.ts";
import type { Commands } from "../control/commands.ts";
import { RequestCounts } from "../control/request-counts.ts";
import { ListenError } from "../errors.ts";
import { listenPrivately } from "../os/private-socket.ts";
import { socketPath } from "../os/socket-path.ts";
import { version } from "../os/version.ts";
import { within } from "../os/within.ts";
import { beforeConnecting, broker, closeBroker, endpoint, serveHttp } from "../script/broker.ts";
import { places } from "../wire/stem-setup.ts";
import { consoleUrl } from "./console-routes.ts";

export interface ListenAddress {
  host: string;
  port: number;
}

export interface RemoteOptions {
  /** For Broker's peers. */
  listen?: ListenAddress;
  websocket?: ListenAddress;
  token?: string;
  readToken?: string;
  /** Contents of PEM files. */
  tls?: { cert: string; key: string; ca?: string };
  /** Broker's peers without TLS. */
  plain: boolean;
  /** Names by which WebSocket clients may call this host. */
  names: string[];
  /** Whether everybody who can connect may be let in. */
  insecure: boolean;
}

/** How long connections may take to end with the tree (ms). */
const CLOSE_MS = 1_000;
const RETRY_MS = 50;

export class RemoteControl {
  readonly #commands: Commands;
  readonly #instance: string;
  readonly #routes: readonly HttpRoute[];
  /** What was answered so far. */
  readonly requests = new RequestCounts();
  readonly #server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    this.#admit(socket),
  );
  /** Where a browser finds the console, if anywhere. */
  #consoleUrl: string | undefined;
  #loading: Promise<void> | undefined;
  /** Tells of starts; there once the first connection has come. */
  #tellStart: ((node: string, pid: number) => void) | undefined;
  #door: Promise<WebSocketDoor> | undefined;

  /**
   * @param instance by what clients know this Supervisor
   * @param routes what is answered to plain HTTP requests wherever WebSocket clients may connect
   */
  constructor(commands: Commands, instance: string, routes: readonly HttpRoute[] = []) {
    this.#commands = commands;
    this.#instance = instance;
    this.#routes = serveHttp(routes);
    beforeConnecting(() => this.#load());
    for (const name of ["peerAdded", "peerLost"] as const) {
      endpoint().on(name, (peer, reason?: string) => {
        // Every command is a connection to the socket: that would be all there is to see.
        if (peer.address === "unix") return;
        const what = name === "peerAdded" ? "has connected" : `is gone: ${reason ?? "closed"}`;
        commands.watchers.tell({
          kind: "peer",
          at: Date.now(),
          text: `${peer.kind} ${peer.address} ${what}`,
        });
      });
    }
  }

  /**
   * @param patience how long to try, where somebody else has a port just now (ms)
   * @throws the system's error if the socket cannot be made; ListenError
   */
  async open(stateDirectory: string, options: RemoteOptions, patience = 0): Promise<void> {
    await this.#listen(socketPath(stateDirectory, places.control));
    const until = performance.now() + patience;
    for (const listen of this.#listeners(options)) {
      for (let isOpen = false; !isOpen; ) {
        try {
          await listen();
          isOpen = true;
        } catch (error) {
          if (!(error instanceof ListenError) || performance.now() > until) throw error;
          await new Promise((later) => setTimeout(later, RETRY_MS));
        }
      }
    }
  }

  #listeners(options: RemoteOptions): (() => Promise<unknown>)[] {
    const { insecure, names, tls, token, readToken } = options;
    const { listen, websocket, plain } = options;
    const listeners: (() => Promise<unknown>)[] = [];
    if (listen !== undefined)
      listeners.push(() => broker.listen({ ...listen, insecure, tls: tls ?? !plain }));
    if (websocket !== undefined) {
      listeners.push(async () => {
        const listener = await broker.listenWebSocket({
          ...websocket,
          insecure,
          names,
          ...(tls === undefined ? {} : { tls }),
          ...(token === undefined ? {} : { token }),
          ...(readToken === undefined ? {} : { readToken }),
        });
        this.#consoleUrl = consoleUrl(listener, tls !== undefined);
      });
    }
    return listeners;
  }

  /** Zeek's `SupervisorControl::node_status`. */
  nodeStatus(node: string, pid: number): void {
    this.#tellStart?.(node, pid);
  }

  /** Ends all connections; what does not let go in time goes with the process. @param ms how long that is */
  async close(ms = CLOSE_MS): Promise<void> {
    this.#server.close();
    const closed = Promise.all([this.#door?.then((door) => door.close()), closeBroker()]);
    await within(ms, closed, () => {}).catch(() => {});
  }

  async #listen(path: string): Promise<void> {
    fs.rmSync(path, { force: true });
    await new Promise<void>((listening, failed) => {
      this.#server.once("error", failed);
      this.#server.once("listening", listening);
      listenPrivately(this.#server, path);
    });
    this.#server.on("error", () => {});
  }

  #admit(socket: net.Socket): void {
    socket.on("error", () => {});
    this.#door ??= this.#makeDoor();
    this.#door.then(
      (door) => {
        door.adopt(socket, { local: true });
        socket.resume();
      },
      () => socket.destroy(),
    );
  }

  async #makeDoor(): Promise<WebSocketDoor> {
    await this.#load();
    const { WebSocketDoor } = await import("../broker/websocket/door.ts");
    return new WebSocketDoor(endpoint(), { routes: this.#routes });
  }

  #load(): Promise<void> {
    this.#loading ??= this.#serve();
    return this.#loading;
  }

  async #serve(): Promise<void> {
    const { supervisorControl } = await import("../control/supervisor-control.ts");
    const { NODE_STATUS_TOPIC, nodeStatusEvent } = await import("../control/requests.ts");
    const { coppiceControl } = await import("../control/coppice-control.ts");
    const consoleOf = () => this.#consoleUrl;
    const about = {
      version: version(),
      instance: this.#instance,
      pid: process.pid,
      // Known once it listens, which may be after the first hello.
      get console() {
        return consoleOf();
      },
    };
    endpoint().serve(supervisorControl(endpoint(), this.#commands, this.requests.count));
    endpoint().serve(coppiceControl(endpoint(), this.#commands, about, this.requests.count));
    this.#tellStart = (node, pid) => {
      if (!endpoint().hasReaders(NODE_STATUS_TOPIC)) return;
      endpoint().publish(NODE_STATUS_TOPIC, nodeStatusEvent(node, pid), { forReaders: true });
    };
  }
}
