/**
 * The WebSocket door: whatever is accepted somewhere is handed to it, and becomes a session of the
 * endpoint, or is refused. Nothing that a client does may reach the process as an error.
 */
import http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { ListenError } from "../../errors.ts";
import { Deadline } from "../../os/deadline.ts";
import { remoteOf } from "../addresses.ts";
import type { Endpoint, PeerInfo } from "../endpoint.ts";
import { type Access, judgeAccess, judgeUpgrade, type Verdict } from "./http-policy.ts";
import { DEFAULT_LIMITS, type WebSocketLimits } from "./limits.ts";
import { PATH } from "./protocol.ts";
import { answerRefusal, NOT_A_WEBSOCKET, NOT_HTTP, refuse, turnAway } from "./refusals.ts";
import { Requests } from "./requests.ts";
import { type HttpRoute, pathOf } from "./routes.ts";
import { WebSocketSession } from "./session.ts";
import { FairTurns } from "./turns.ts";

export interface DoorOptions {
  /** The version that clients are told: they choose the layout of records by it. */
  version?: string;
  /** Where it listens: a name in it is one by which clients may call it. */
  host?: string;
  /** More names by which clients may call it. */
  names?: readonly string[];
  /** What a client must show to control. */
  token?: string;
  /** What a client must show to look. */
  readToken?: string;
  limits?: Partial<WebSocketLimits>;
  /** What is answered to plain requests; if there is something, other paths are not found. */
  routes?: readonly HttpRoute[];
}

/** One connection, from its coming to its end. */
interface Visitor {
  local: boolean;
  socket: Socket;
  address: string;
  /** Runs until it is known what the visitor wants, or until it has taken what it is answered. */
  deadline: Deadline;
  requests: Requests;
  session?: WebSocketSession;
}

export class WebSocketDoor {
  readonly #endpoint: Endpoint;
  readonly #options: DoorOptions;
  readonly #limits: WebSocketLimits;
  readonly #names: ReadonlySet<string>;
  readonly #http: http.Server;
  readonly #upgrader: WebSocketServer;
  readonly #visitors = new Map<Socket, Visitor>();
  readonly #turns = new FairTurns();
  #closing: Promise<void> | undefined;
  #onEmpty: () => void = () => {};

  /** @throws ListenError if a token is empty */
  constructor(endpoint: Endpoint, options: DoorOptions = {}) {
    const { token, readToken } = options;
    if (token === "" || readToken === "") {
      throw new ListenError("an empty token would let everybody in: set a real one, or none");
    }
    this.#endpoint = endpoint;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const names = [...(options.names ?? []), ...(options.host === undefined ? [] : [options.host])];
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#http = this.#httpServer();
    this.#upgrader = new WebSocketServer(this.#upgraderOptions());
  }

  /** How many connections there are. */
  get size(): number {
    return this.#visitors.size;
  }

  /**
   * Takes an accepted connection, on which something may have come in already.
   *
   * @param origin `local`: over a Unix socket, whose file decides who may connect
   */
  adopt(socket: Socket, origin: { local: boolean }): void {
    socket.on("error", () => {}); // "close" follows.
    if (this.#closing !== undefined || this.#visitors.size >= this.#limits.connections) {
      socket.destroy();
    }
    if (socket.destroyed) return;
    const visitor: Visitor = {
      local: origin.local,
      socket,
      address: origin.local ? "unix" : remoteOf(socket),
      deadline: this.#deadlineOf(socket, this.#limits.upgradeTime),
      requests: this.#requestsOf(socket),
    };
    this.#visitors.set(socket, visitor);
    socket.once("close", () => {
      visitor.deadline.callOff();
      this.#visitors.delete(socket);
      if (this.#visitors.size === 0) this.#onEmpty();
    });
    this.#http.emit("connection", socket);
  }

  /**
   * Closes every connection and takes no more.
   *
   * @returns when all are closed; those that do not answer are ended after `limits.closeTime`
   */
  close(code = 1001, reason = "Terminating"): Promise<void> {
    this.#closing ??= this.#close(code, reason);
    return this.#closing;
  }

  async #close(code: number, reason: string): Promise<void> {
    for (const { session, socket } of this.#visitors.values()) {
      if (session === undefined) socket.destroy();
      else session.end(code, reason);
    }
    if (this.#visitors.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const timer = setTimeout(() => {
      for (const socket of this.#visitors.keys()) socket.destroy();
    }, this.#limits.closeTime);
    await empty;
    clearTimeout(timer);
  }

  #httpServer(): http.Server {
    const server = http.createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      // That a missing one is fine is for `judgeAccess` to say.
      requireHostHeader: false,
    });
    server.maxHeadersCount = MAX_HEADERS;
    // As long as anybody has to say what it wants; clients are told.
    server.keepAliveTimeout = this.#limits.upgradeTime;
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("request", (request, response) => this.#request(request, response));
    server.on("connect", (_request, socket) => refuse(socket, NOT_A_WEBSOCKET));
    server.on("clientError", (_error, socket) => refuse(socket, NOT_HTTP));
    return server;
  }

  /** `closeTimeout` is newer than what @types/ws knows. */
  #upgraderOptions(): ConstructorParameters<typeof WebSocketServer>[0] {
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#limits.message,
      // The session does, when it is their turn.
      autoPong: false,
      closeTimeout: this.#limits.closeTime,
    };
    return options;
  }

  /** Whoever has not said what it wants by then has to go, or has not taken its answer. */
  #deadlineOf(socket: Socket, time: number): Deadline {
    return new Deadline(time, () => socket.destroy());
  }

  #requestsOf(socket: Socket): Requests {
    const within = (time: number) => {
      const visitor = this.#visitors.get(socket);
      if (visitor === undefined) return;
      visitor.deadline.callOff();
      visitor.deadline = this.#deadlineOf(socket, time);
    };
    return new Requests({
      routes: this.#options.routes ?? [],
      socket,
      busy: () => within(this.#limits.answerTime),
      // The next request has as much time as the first had.
      idle: () => within(this.#limits.upgradeTime),
    });
  }

  #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const visitor = this.#visitors.get(request.socket);
    // Its 101 would land in the middle of an answer.
    if (visitor === undefined || visitor.requests.isBusy) {
      socket.destroy();
      return;
    }
    const verdict = judgeUpgrade(headOf(request), this.#accessOf(visitor));
    if (verdict.is === "refused") refuse(socket, verdict);
    else {
      this.#upgrader.handleUpgrade(request, socket, head, (ws) => {
        visitor.deadline.callOff();
        if (verdict.is === "misdirected") turnAway(ws, verdict);
        else this.#welcome(ws, visitor, verdict);
      });
    }
  }

  #welcome(ws: WebSocket, visitor: Visitor, verdict: Verdict & { is: "session" }): void {
    const { mayControl, application, client } = verdict;
    const info: PeerInfo = {
      kind: "client",
      address: visitor.address,
      id: `${this.#endpoint.id}-websocket-${++sessions}`,
      ...(application !== undefined && { application }),
      ...(client !== undefined && { client }),
    };
    visitor.session = new WebSocketSession(ws, this.#endpoint, {
      info,
      mayControl,
      version: this.#options.version ?? ZEEK_VERSION,
      limits: this.#limits,
      turns: this.#turns,
      socket: visitor.socket,
    });
  }

  #request(request: http.IncomingMessage, response: http.ServerResponse): void {
    const visitor = this.#visitors.get(request.socket);
    if (visitor === undefined) {
      request.destroy();
      return;
    }
    const admission = judgeAccess(request.headers, this.#accessOf(visitor));
    const { routes = [] } = this.#options;
    if (routes.length > 0 && pathOf(request.url ?? "") !== PATH) {
      visitor.requests.take({ request, response, admission });
      return;
    }
    // The socket is closed after this, at the latest when the time for the upgrade is over.
    const refusal = admission.is === "refused" ? admission : NOT_A_WEBSOCKET;
    answerRefusal(response, refusal);
  }

  #accessOf({ local }: Visitor): Access {
    const { token, readToken } = this.#options;
    return {
      local,
      names: this.#names,
      ...(token !== undefined && { token }),
      ...(readToken !== undefined && { readToken }),
    };
  }
}

function headOf({ method = "", httpVersion, url = "", headers }: http.IncomingMessage) {
  return { method, httpVersion, url, headers };
}

/** Numbers the sessions of this process, whichever door they came through. */
let sessions = 0;

const ZEEK_VERSION = "8.2.2";
/** A request for a WebSocket has ten short headers. */
const MAX_HEADER_BYTES = 8 << 10;
const MAX_HEADERS = 64;
