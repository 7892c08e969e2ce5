/** A run of many seeds, on all the CPUs that there are. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { NODE } from "../../test/simulation/observed/node-cells.ts";
import { SUPERVISOR } from "../../test/simulation/observed/roster-cells.ts";
import { STEM } from "../../test/simulation/observed/stem-cells.ts";
import type { Counts } from "../../test/simulation/observed/tally.ts";
import { coverageOf } from "./coverage.ts";
import { FULL_RUN, type SimulateOptions } from "./options.ts";
import type { Chunk, Outcome } from "./worker.ts";

export const MACHINES = [NODE, SUPERVISOR, STEM];
/** Seeds that a worker is given at a time. */
const CHUNK = 50;
/** A full run goes on until every cell is covered, but for no more than so many times its seeds. */
const PATIENCE = 3;
const PROGRESS_MS = 10_000;

export class Run {
  readonly #options: SimulateOptions;
  readonly #say: (line: string) => void;
  readonly #begun = performance.now();
  readonly #workers: Worker[] = [];
  /** What each worker has counted. */
  readonly #outcomes = new Map<Worker, Outcome["counts"]>();
  #next: number;
  #seeds = 0;
  #told = performance.now();
  #finish: (problem?: string) => void = () => {};

  /** @param say told how far it is, now and then */
  constructor(options: SimulateOptions, say: (line: string) => void) {
    this.#options = options;
    this.#say = say;
    this.#next = options.from;
  }

  /** Resolves with what has failed, if anything has. */
  async done(): Promise<string | undefined> {
    const finished = new Promise<string | undefined>((finish) => {
      this.#finish = finish;
    });
    const chunks = Math.ceil(this.#options.seeds / CHUNK);
    for (let i = Math.min(availableParallelism(), chunks); i > 0; i--) this.#begin();
    const problem = await finished;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    return problem;
  }

  get counts(): Record<string, Counts> {
    const sum: Record<string, Counts> = {};
    for (const { name } of MACHINES) {
      const counts: Counts = {};
      for (const outcome of this.#outcomes.values()) {
        for (const [cell, count] of Object.entries(outcome[name] ?? {}))
          counts[cell] = (counts[cell] ?? 0) + count;
      }
      sum[name] = counts;
    }
    return sum;
  }

  get isFull(): boolean {
    return this.#options.seeds >= FULL_RUN;
  }

  /** Cells that could have been reached, and were not. */
  get missed(): string[] {
    const { counts } = this;
    return MACHINES.flatMap((machine) => coverageOf(machine, counts[machine.name] ?? {}).missed);
  }

  get summary(): string {
    const { events } = coverageOf(NODE, this.counts[NODE.name] ?? {});
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(0);
    const last = this.#next - 1;
    return `${this.#seeds} seeds (${this.#options.from} to ${last}), ${events} events of nodes, ${cellsText(this.missed)} not covered; ${seconds} s`;
  }

  #begin(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    this.#workers.push(worker);
    worker.on("message", (outcome: Outcome) => this.#took(worker, outcome));
    worker.on("error", (error) => this.#finish(error.stack ?? error.message));
    this.#give(worker);
  }

  #give(worker: Worker): void {
    const asked = this.#options.from + this.#options.seeds - this.#next;
    const count = asked > 0 ? Math.min(CHUNK, asked) : CHUNK;
    const chunk: Chunk = { from: this.#next, count };
    this.#next += chunk.count;
    worker.postMessage(chunk);
  }

  #took(worker: Worker, { chunk, counts, problem }: Outcome): void {
    if (problem !== undefined) return this.#finish(problem);
    this.#outcomes.set(worker, counts);
    this.#seeds += chunk.count;
    if (performance.now() - this.#told >= PROGRESS_MS) {
      this.#told = performance.now();
      this.#say(this.summary);
    }
    if (!this.#isEnough()) return this.#give(worker);
    const isLast = this.#seeds >= this.#next - this.#options.from;
    if (isLast) this.#finish();
  }

  #isEnough(): boolean {
    const { seeds, events, from } = this.#options;
    const given = this.#next - from;
    if (given < seeds || coverageOf(NODE, this.counts[NODE.name] ?? {}).events < events)
      return false;
    return !this.isFull || given >= seeds * PATIENCE || this.missed.length === 0;
  }
}

/** The last few by name. */
function cellsText(cells: readonly string[]): string {
  const names = cells.length > 0 && cells.length <= MOST_NAMED ? ` (${cells.join("; ")})` : "";
  return `${cells.length} cells${names}`;
}

const MOST_NAMED = 3;
