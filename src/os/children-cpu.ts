/**
 * The CPU time of a child that has ended. Node.js fetches a child before it tells of its end, so that
 * /proc has nothing of it any more; but the kernel adds what it used to what all fetched children of this
 * process have used. Where one alone was fetched since the last look, the difference is its own.
 */
import { statFields, TICKS_PER_SECOND } from "./proc-stat.ts";

type Tell = (cpu: number | undefined) => void;

export class ChildrenCpu {
  readonly #total: () => number | undefined;
  readonly #soon: (act: () => void) => void;
  /** Those that were fetched since the last look; undefined: nobody wants to know of that one. */
  #ended: (Tell | undefined)[] = [];
  #before: number | undefined;
  #isWanted = false;

  /**
   * @param total what all children that were fetched have used so far (ms)
   * @param soon calls back when all are told of that were fetched together
   */
  constructor(total = ofAllChildren, soon: (act: () => void) => void = setImmediate) {
    this.#total = total;
    this.#soon = soon;
  }

  /** A child is about to be started whose time is asked for. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#before = this.#total();
  }

  /** A child has ended. @param tell gets its CPU time in milliseconds; undefined where that is not known */
  ended(tell?: Tell): void {
    if (!this.#isWanted) return;
    this.#ended.push(tell);
    if (this.#ended.length === 1) this.#soon(() => this.#look());
  }

  /** A child was waited for, all of whose time is now behind us. */
  skip(): void {
    if (this.#isWanted && this.#ended.length === 0) this.#before = this.#total();
  }

  #look(): void {
    const ended = this.#ended;
    this.#ended = [];
    const total = this.#total();
    const isKnown = ended.length === 1 && total !== undefined && this.#before !== undefined;
    const cpu = isKnown ? total - (this.#before ?? 0) : undefined;
    this.#before = total;
    for (const tell of ended) tell?.(cpu);
  }
}

/** Milliseconds. The time of children's own children counts as far as they have waited for them. */
function ofAllChildren(): number | undefined {
  const fields = statFields(process.pid);
  if (fields === undefined) return undefined;
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / TICKS_PER_SECOND;
}
