/** How much a message may hold, for both codecs, in both directions. */
import { MAX_DEPTH, MAX_VALUES } from "./values.ts";

type ErrorClass = new (message: string) => Error;

/** Counts while a value is read or written. What is written is bounded too: it may have a cycle. */
export class Bounds {
  readonly #Refusal: ErrorClass;
  readonly #maxDepth: number;
  #depth = 0;
  #left: number;

  /** @param Refusal what is thrown if it is too much */
  constructor(Refusal: ErrorClass, maxDepth = MAX_DEPTH, maxValues = MAX_VALUES) {
    this.#Refusal = Refusal;
    this.#maxDepth = maxDepth;
    this.#left = maxValues;
  }

  /** A container begins. */
  enter(): void {
    this.#depth++;
    if (this.#depth > this.#maxDepth) {
      throw new this.#Refusal(`a value of more than ${this.#maxDepth} levels`);
    }
  }

  leave(): void {
    this.#depth--;
  }

  /** So many more values are in it. */
  add(values: number): void {
    this.#left -= values;
    if (this.#left < 0) throw new this.#Refusal("a message of too many values");
  }
}
