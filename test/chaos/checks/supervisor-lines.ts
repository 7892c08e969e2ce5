/**
 * What the Supervisor prints: its nodes' numbered lines, which are checked, and what it says itself,
 * which must not show that something went wrong inside.
 */
import { StringDecoder } from "node:string_decoder";
import { FLOOD } from "../nodes/kinds.ts";
import { patient } from "../patience.ts";
import type { Life } from "../tree.ts";
import { NumberedLines, type Stream } from "./lines.ts";

const OF_NODE = /^\[supervisor:STD(?:OUT|ERR)\] \[([^\]]+)\] (.*)$/s;
/** How long after a death in whose hands they were parts of lines may still come (ms). */
const PARTS_MS = 20_000;
/** What a program says that was not meant to end, or to go on, like that. */
const BROKEN =
  /\b(?:TypeError|RangeError|ReferenceError|AssertionError|Unhandled|uncaught|the Stem caught|heap out of memory|MaxListeners)|^\s+at .+:\d+:\d+\)?$|against all promises/;

export class SupervisorLines {
  readonly numbers: Readonly<Record<Stream, NumberedLines>>;
  /** What was said, with numbers left out, and how often. */
  readonly words = new Map<string, number>();
  readonly #fault: (text: string) => void;
  readonly #note: (text: string) => void;
  readonly #rest = new Map<string, string>();
  readonly #decoders = new Map<string, StringDecoder>();
  /** Of which processes lines were lost with a Supervisor that was killed: one gap each. */
  readonly #lost: Readonly<Record<Stream, Set<string>>> = {
    stdout: new Set(),
    stderr: new Set(),
  };
  #cutUntil = 0;

  constructor(fault: (text: string) => void, note: (text: string) => void) {
    this.#fault = fault;
    this.#note = note;
    const of = (stream: Stream) =>
      new NumberedLines(stream, {
        fault,
        maySkip: (_node, life) => this.#lost[stream].delete(life),
        // What prints all it can is ended in the midst of it.
        mayCut: (node) => node.startsWith(FLOOD) || performance.now() < this.#cutUntil,
      });
    this.numbers = { stdout: of("stdout"), stderr: of("stderr") };
  }

  /** A Stem, or a Supervisor whose tree lives on, has been killed: what it had in its hands is lost. */
  killed(lives: readonly string[]): void {
    this.#cutUntil = performance.now() + patient(PARTS_MS);
    for (const life of lives) for (const lost of Object.values(this.#lost)) lost.add(life);
  }

  take(life: Life, stream: Stream, bytes: Buffer): void {
    const key = `${life.number} ${stream}`;
    let decoder = this.#decoders.get(key);
    if (decoder === undefined) {
      decoder = new StringDecoder("utf8");
      this.#decoders.set(key, decoder);
    }
    const lines = ((this.#rest.get(key) ?? "") + decoder.write(bytes)).split("\n");
    this.#rest.set(key, lines.pop() ?? "");
    for (const line of lines) this.#take(stream, line);
  }

  /** What is left of it is no line: only one that was killed may leave something. */
  ended(life: Life, isKilled: boolean): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const key = `${life.number} ${stream}`;
      const rest = this.#rest.get(key) ?? "";
      this.#rest.delete(key);
      this.#decoders.delete(key);
      if (rest !== "" && !isKilled)
        this.#fault(`the Supervisor's ${stream} ended in the midst of ${JSON.stringify(rest)}`);
    }
  }

  #take(stream: Stream, line: string): void {
    const [, node, text = ""] = OF_NODE.exec(line) ?? [];
    if (node !== undefined && this.numbers[stream].take(node, text)) return;
    if (node?.startsWith(FLOOD)) return;
    this.#note(`${stream}: ${line.slice(0, LONGEST)}`);
    if (BROKEN.test(line)) this.#fault(`it said: ${line}`);
    const word = line.replace(/\d+/g, "#").slice(0, LONGEST);
    if (this.words.size < MOST_WORDS || this.words.has(word))
      this.words.set(word, (this.words.get(word) ?? 0) + 1);
  }
}

const LONGEST = 400;
const MOST_WORDS = 5_000;
