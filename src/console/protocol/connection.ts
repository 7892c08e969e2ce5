/**
 * This page's connection to its Supervisor: the WebSocket protocol that everyone speaks, requests
 * with their answers, and what goes on until it is cancelled. A connection that breaks is made again.
 */
import { PATH } from "../../broker/websocket/protocol.ts";
import {
  CLIENT_TOPIC,
  COPPICE_MODULE,
  COPPICE_TOPIC,
  type Outcome,
} from "../../control/protocol.ts";
import { askAccess } from "./access.ts";
import { decodeMessage, encodeEvent, type StringEvent } from "./envelope.ts";
import { protocolsFor } from "./token.ts";

export type Phase =
  | { is: "connecting" }
  | { is: "open" }
  /** It broke, or could not be made; the next attempt is due. @property at monotonic (ms) */
  | { is: "lost"; at: number }
  /** A token is needed; `wrong`: another one than was shown. */
  | { is: "locked"; wrong: boolean }
  /** Somebody else's page, perhaps: asking again would not help. */
  | { is: "refused"; why: string };

export interface ConnectionEvents {
  phase(phase: Phase): void;
}

/** An answer that is an error, or none. */
export class RequestError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export const LOST = "CONSOLE_LOST";

interface Pending {
  settle(outcome: Outcome): void;
  fail(error: RequestError): void;
}

export class Connection {
  readonly #base: URL;
  readonly #token: () => string;
  readonly #events: ConnectionEvents;
  /** Begins the id of every request, and so the topics of all answers to us. */
  readonly #session = randomName();
  #requests = 0;
  #socket: WebSocket | undefined;
  #isOpen = false;
  #failures = 0;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #pending = new Map<string, Pending>();
  readonly #streams = new Map<string, (args: string[]) => void>();

  /** @param base where the page is; @param token what to show, "" for nothing */
  constructor(base: URL, token: () => string, events: ConnectionEvents) {
    this.#base = base;
    this.#token = token;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connects, now; a connection that stands is given up. */
  connect(): void {
    clearTimeout(this.#timer);
    this.#drop();
    this.#events.phase({ is: "connecting" });
    void this.#attempt();
  }

  /** @throws RequestError (a rejection) */
  ask(method: string, params: object = {}, id = this.#nextId()): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) return reject(new RequestError(LOST, "the connection is lost for now"));
      this.#pending.set(id, {
        settle: (outcome) =>
          "ok" in outcome
            ? resolve(outcome.ok)
            : reject(new RequestError(outcome.error.code, outcome.error.message)),
        fail: reject,
      });
      this.#send({ name: `${COPPICE_MODULE}request`, args: [id, method, JSON.stringify(params)] });
    });
  }

  /** Asks for something that goes on. `ended` rejects when the connection breaks. */
  stream(
    method: string,
    params: object,
    take: (args: string[]) => void,
  ): { id: string; ended: Promise<unknown> } {
    const id = this.#nextId();
    this.#streams.set(id, take);
    const ended = this.ask(method, params, id).finally(() => this.#streams.delete(id));
    return { id, ended };
  }

  /** Says something to which no answer is awaited. */
  tell(method: string, params: object): void {
    if (!this.#isOpen) return;
    const args = [this.#nextId(), method, JSON.stringify(params)];
    this.#send({ name: `${COPPICE_MODULE}request`, args });
  }

  /** First over HTTP: a WebSocket that is refused does not let a page know why. */
  async #attempt(): Promise<void> {
    const attempt = ++this.#attempts;
    const token = this.#token();
    const access = await askAccess(this.#base, token);
    if (attempt !== this.#attempts) return; // Another one has begun meanwhile.
    switch (access.is) {
      case "welcome":
        return this.#open(token);
      case "locked":
        return this.#events.phase({ is: "locked", wrong: token !== "" });
      case "refused":
        return this.#events.phase(access);
      case "away":
        return this.#retry();
      default:
        return access satisfies never;
    }
  }

  #open(token: string): void {
    const url = new URL(PATH.slice(1), this.#base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, protocolsFor(token));
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify([`${CLIENT_TOPIC}${this.#session}/`]));
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === "string") this.#receive(data);
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#drop();
      this.#retry();
    };
  }

  #receive(text: string): void {
    const message = decodeMessage(text);
    if (message.is === "event") return this.#take(message.event);
    if (message.is !== "ack") return;
    this.#isOpen = true;
    this.#failures = 0;
    this.#events.phase({ is: "open" });
  }

  #take({ name, args: [id = "", ...args] }: StringEvent): void {
    if (name !== `${COPPICE_MODULE}response`) return this.#streams.get(id)?.(args);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    const outcome = JSON.parse(args[0] ?? "null") as Outcome | null;
    if (outcome !== null) pending?.settle(outcome);
  }

  #send(event: StringEvent): void {
    this.#socket?.send(encodeEvent(COPPICE_TOPIC, event));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    socket?.close();
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    this.#streams.clear();
    for (const { fail } of lost)
      fail(new RequestError(LOST, "the connection was lost before the answer came"));
  }

  #retry(): void {
    const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#events.phase({ is: "lost", at: performance.now() + delay });
    this.#timer = setTimeout(() => void this.#attempt(), delay);
  }

  #nextId(): string {
    return `${this.#session}/${++this.#requests}`;
  }
}

/** `crypto.randomUUID` is there only where the page came encrypted, or from this machine. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
