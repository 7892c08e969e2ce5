/** What this page asks of its Supervisor as long as it is connected, and what is told becomes the tree. */
import type { Hello } from "../../control/protocol.ts";
import type { TreeEvent, Usage } from "../../core/api.ts";
import type { Status } from "../../core/status.ts";
import type { Told } from "../model/tree.ts";
import { Connection, LOST, type Phase, RequestError } from "./connection.ts";

export interface SessionEvents {
  phase(phase: Phase): void;
  hello(hello: Hello): void;
  told(what: Told): void;
  /** It has not answered for so long (ms); 0: it has. */
  silent(milliseconds: number): void;
}

export class Session {
  readonly connection: Connection;
  readonly #events: SessionEvents;
  hello: Hello | undefined;
  #isAsking = false;
  #wantsStatus = false;
  #sampling: ReturnType<typeof setTimeout> | undefined;
  #askedAt: number | undefined;

  constructor(base: URL, token: () => string, events: SessionEvents) {
    this.#events = events;
    this.connection = new Connection(base, token, {
      phase: (phase) => {
        clearTimeout(this.#sampling);
        this.#askedAt = undefined;
        events.phase(phase);
        if (phase.is === "open") void this.#begin();
      },
    });
    setInterval(() => this.#listen(), LISTEN_MS);
  }

  /** Whether the Supervisor knows a method. */
  knows(method: string): boolean {
    return this.hello?.methods?.includes(method) ?? false;
  }

  /** In this order: what happens after the status was taken is told as an event. */
  async #begin(): Promise<void> {
    try {
      const hello = (await this.connection.ask("hello")) as Hello;
      if (this.hello !== undefined && this.hello.instance !== hello.instance)
        this.#events.told({ type: "another" });
      this.hello = hello;
      this.#watch();
      const status = (await this.connection.ask("status")) as Status;
      this.#events.told({ type: "status", status, isFirst: true });
      this.#events.hello(hello);
      void this.#sample();
    } catch (error) {
      if (!isLost(error)) throw error; // Once connected again, it begins anew.
    }
  }

  #watch(): void {
    const { ended } = this.connection.stream("watch", {}, ([text]) => {
      const event = JSON.parse(text ?? "null") as TreeEvent;
      this.#events.told({ type: "event", event, now: Date.now() });
      // Their events bring no status along.
      if (NEEDS_STATUS.has(event.kind)) void this.#refresh();
    });
    ended.catch(() => {});
  }

  /** One at a time: what has changed meanwhile is asked for once more. */
  async #refresh(): Promise<void> {
    this.#wantsStatus = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#wantsStatus) {
        this.#wantsStatus = false;
        const status = (await this.connection.ask("status")) as Status;
        this.#events.told({ type: "status", status, isFirst: false });
        await pause(CROWD_MS);
      }
    } catch (error) {
      if (!isLost(error)) throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  /** Asks for what nodes use, again and again: less often when nobody looks, or there are many. */
  async #sample(): Promise<void> {
    this.#askedAt = performance.now();
    try {
      const usage = (await this.connection.ask("usage")) as Record<string, Usage>;
      const now = performance.now();
      const took = now - this.#askedAt;
      this.#askedAt = undefined;
      this.#events.told({ type: "usage", usage, at: now });
      const wait = Math.max(SAMPLE_MS, took * 10) * (document.hidden ? HIDDEN_FACTOR : 1);
      clearTimeout(this.#sampling);
      this.#sampling = setTimeout(() => void this.#sample(), wait);
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }

  /** A Supervisor that stands still leaves its connections as they are. */
  #listen(): void {
    if (!this.connection.isOpen) return;
    const silence = this.#askedAt === undefined ? 0 : performance.now() - this.#askedAt;
    // The other end may be gone without a word: a machine that slept, a cable that was pulled.
    if (silence > GIVE_UP_MS) this.connection.connect();
    else this.#events.silent(silence < SILENCE_MS ? 0 : silence);
  }
}

function isLost(error: unknown): boolean {
  return error instanceof RequestError && error.code === LOST;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const NEEDS_STATUS: ReadonlySet<string> = new Set(["created", "destroyed", "gone", "stem"]);
const CROWD_MS = 100;
const SAMPLE_MS = 2_000;
const HIDDEN_FACTOR = 5;
const LISTEN_MS = 1_000;
const SILENCE_MS = 4_000;
const GIVE_UP_MS = 30_000;
