/**
 * Requests to a Coppice Supervisor over a link: each is answered, fails with the connection, or is
 * asked again over the next one.
 */
import type { Value } from "../broker/values.ts";
import { ConnectionLostError, NoSupervisorError } from "../errors.ts";
import { within } from "../os/within.ts";
import { type Link, noAnswer } from "./link.ts";
import {
  COPPICE_MODULE,
  COPPICE_TOPIC,
  errorOf,
  type Method,
  type Outcome,
  request,
} from "./protocol.ts";

/** A request that was sent, or will be. */
interface Pending {
  id: string;
  method: Method;
  params: object;
  /** Asking again does no harm: it is sent again over the next connection. */
  repeatable: boolean;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

export class Asking {
  readonly #link: Link;
  readonly #timeout: number;
  readonly #pending = new Map<string, Pending>();
  /** Takes the `event`s and `output`s of a request. */
  readonly #streams = new Map<string, (args: readonly Value[]) => void>();

  /** @param timeout for what is answered at once (ms) */
  constructor(link: Link, timeout: number) {
    this.#link = link;
    this.#timeout = timeout;
    link.onEvent(`${COPPICE_MODULE}response`, (id, text) => this.#answered(String(id), text));
    for (const name of ["event", "output"]) {
      link.onEvent(`${COPPICE_MODULE}${name}`, (id, ...args) =>
        this.#streams.get(String(id))?.(args),
      );
    }
  }

  /** @param repeatable whether asking again does no harm */
  ask<Result>(
    method: Method,
    params: object,
    repeatable = false,
    id = this.#link.nextId(),
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        id,
        method,
        params,
        repeatable,
        settle: (outcome) =>
          "ok" in outcome ? resolve(outcome.ok as Result) : reject(errorOf(outcome)),
        fail: reject,
      };
      if (this.#link.isClosed) return reject(this.closedError());
      if (!this.#link.isConnected && !repeatable)
        return reject(new NoSupervisorError(`the connection to ${this.#link.url} is lost for now`));
      this.#pending.set(id, pending);
      if (this.#link.isConnected) this.#send(pending);
    });
  }

  /** Of what is answered at once, and can be asked again. */
  askSoon<Result>(method: Method, params: object): Promise<Result> {
    const id = this.#link.nextId();
    const answer = this.ask<Result>(method, params, true, id);
    return within(this.#timeout, answer, () => noAnswer(this.#link.url, this.#timeout)).finally(
      () => this.#pending.delete(id),
    );
  }

  /** Asks for something that goes on; `take` gets what comes until the promise settles. */
  stream(
    method: Method,
    params: object,
    take: (args: readonly Value[]) => void,
  ): { id: string; ended: Promise<unknown> } {
    const id = this.#link.nextId();
    this.#streams.set(id, take);
    const ended = this.ask(method, params, false, id).finally(() => this.#streams.delete(id));
    return { id, ended };
  }

  /** Says something to which no answer is awaited. */
  tell(method: Method, params: object): void {
    if (this.#link.isConnected)
      this.#link.publish(COPPICE_TOPIC, request(this.#link.nextId(), method, params));
  }

  /** The connection is lost: what cannot be asked again fails. */
  lost(reason: string): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.repeatable) continue;
      this.#pending.delete(pending.id);
      pending.fail(new ConnectionLostError(lostText(this.#link.url, reason, pending.method)));
    }
  }

  /** There is a connection again: this is asked first, and then what is not answered yet. */
  again<Result>(method: Method, params: object): Promise<Result> {
    const waiting = [...this.#pending.values()];
    const first = this.ask<Result>(method, params);
    for (const pending of waiting) this.#send(pending);
    return first;
  }

  /** The connection was closed here. */
  close(): void {
    for (const { fail } of this.#pending.values()) fail(this.closedError());
    this.#pending.clear();
  }

  /** Nobody is there who would answer, or nobody waits for it. */
  forget(): void {
    this.#pending.clear();
  }

  closedError(): ConnectionLostError {
    return new ConnectionLostError(`the connection to ${this.#link.url} was closed here`);
  }

  #send({ id, method, params }: Pending): void {
    this.#link.publish(COPPICE_TOPIC, request(id, method, params));
  }

  #answered(id: string, text: Value | undefined): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (typeof text === "string") pending?.settle(JSON.parse(text) as Outcome);
  }
}

function lostText(url: string, reason: string, method: string): string {
  return `the connection to ${url} was lost (${reason}) before the answer to '${method}' came: whether it was done is not known, status tells`;
}
