/**
 * What is wanted: the nodes that the tree's script creates, in which edition, and which of them were
 * told to stop. Of a node that was given an order of which nobody knows what became, nothing is known.
 */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "coppice";
import type { Kind } from "./nodes/kinds.ts";

export interface Ordering {
  /** An order was carried out. @param isStopped whether it was to stop */
  done(name: string, isStopped: boolean): void;
  /** No more are given. */
  over(): void;
}

export class Wanted {
  readonly #file: string;
  readonly #kinds: readonly Kind[];
  readonly #editions = new Map<string, number>();
  readonly #stopped = new Map<string, boolean | undefined>();

  #isChanged = false;
  /** Orders that are under way, by node; and those beside which there were others. */
  readonly #under = new Map<string, Set<number>>();
  readonly #mixed = new Set<number>();
  #orders = 0;

  constructor(directory: string, kinds: readonly Kind[]) {
    this.#file = path.join(directory, "nodes.json");
    this.#kinds = kinds;
    this.#write();
  }

  /** Other configurations from the next reload on. */
  change(names: readonly string[]): void {
    for (const name of names) this.#editions.set(name, (this.#editions.get(name) ?? 1) + 1);
    this.#isChanged ||= names.length > 0;
    this.#write();
  }

  /** Nobody knows yet whether what was changed is there. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** A reload has been done since. */
  applied(): void {
    this.#isChanged = false;
  }

  isEdition(name: string, text: string | undefined): boolean {
    return text === String(this.#editions.get(name) ?? 1);
  }

  /** @param isStopped undefined: that is not known */
  ordered(name: string, isStopped: boolean | undefined): void {
    this.#stopped.set(name, isStopped);
  }

  /** Orders are about to be given: what becomes of these nodes is not known, until somebody alone knows. */
  ordering(names: readonly string[]): Ordering {
    const order = ++this.#orders;
    for (const name of names) {
      this.#stopped.set(name, undefined);
      const under = this.#under.get(name) ?? new Set();
      this.#under.set(name, under.add(order));
    }
    return {
      done: (name, isStopped) => {
        const under = this.#under.get(name);
        // Another's may be carried out before this one, or after it.
        if (under?.size === 1 && under.has(order) && !this.#mixed.has(order))
          this.#stopped.set(name, isStopped);
      },
      over: () => {
        for (const name of names) {
          const under = this.#under.get(name);
          under?.delete(order);
          for (const other of under ?? []) this.#mixed.add(other);
        }
      },
    };
  }

  /** Whether orders still hold nobody knows: a tree that begins anew has had none. */
  doubt(): void {
    for (const name of this.#stopped.keys()) this.#stopped.set(name, undefined);
  }

  /** Those of which nobody knows whether they are stopped. */
  doubtful(): string[] {
    return [...this.#stopped]
      .filter(([, isStopped]) => isStopped === undefined)
      .map(([name]) => name);
  }

  isToRun({ config: { name }, life }: Kind): boolean {
    if (life === "ends") return false;
    return !this.#stopped.has(name) || this.#stopped.get(name) === false;
  }

  isToBeStopped({ config }: Kind): boolean {
    return this.#stopped.get(config.name) === true;
  }

  #write(): void {
    const nodes = this.#kinds.map(({ config }): NodeConfig => {
      const edition = this.#editions.get(config.name) ?? 1;
      return { ...config, env: { ...config.env, CHAOS_EDITION: String(edition) } };
    });
    fs.writeFileSync(`${this.#file}.new`, JSON.stringify(nodes));
    fs.renameSync(`${this.#file}.new`, this.#file);
  }
}
