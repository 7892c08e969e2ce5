/**
 * What the processes of all nodes printed last, by process: lines of one life are none of another. Pure.
 * Output comes over another connection than the news of starts and ends, so either may be first: a
 * stream may end before its process is known to have ended, or long after the next one has begun.
 *
 * What is said in a node's name by others than its own process belongs to the life that it comes before
 * or in: Coppice's own lines about a start (PID 0), and those of a Zeek's own Stem.
 */
import { joined, Tail, type Words } from "./tail.ts";

export type Stream = "stdout" | "stderr";

interface Life {
  pid: number;
  stdout?: Tail;
  stderr?: Tail;
  /** The streams of which there will be no more. */
  ended: Set<Stream>;
  /** It was said to be a process of the node's own. */
  isOwn: boolean;
  /** Somebody still wants its words, though its process has ended. */
  isHeld: boolean;
  /** Nobody wants to know any more: it is only waited for that these streams end. */
  awaited?: Stream[];
}

/** A life that has ended: its words are kept, and those to come are added, until it is let go. */
export interface Held {
  node: string;
  own: Life;
  /** What others have said of it before. */
  others: Life[];
}

/** Bytes: of all streams together, of one where there are few, and of one however many there are. */
export const WORDS_LIMITS = { total: 16 * 1024 * 1024, most: 64 * 1024, least: 8 * 1024 };

export class LastWords {
  readonly #limits: typeof WORDS_LIMITS;
  readonly #nodes = new Map<string, Map<number, Life>>();
  #tails = 0;

  constructor(limits: typeof WORDS_LIMITS = WORDS_LIMITS) {
    this.#limits = limits;
  }

  /** Of how many nodes there is something to remember. */
  get size(): number {
    return this.#nodes.size;
  }

  push(node: string, pid: number, stream: Stream, bytes: Uint8Array): void {
    const life = this.#life(node, pid);
    if (life.awaited !== undefined) return;
    // A link that broke has been made again.
    life.ended.delete(stream);
    if (life[stream] === undefined) {
      life[stream] = new Tail();
      this.#tails++;
    }
    const { total, most, least } = this.#limits;
    const share = Math.max(least, Math.min(most, Math.floor(total / this.#tails)));
    life[stream].push(bytes, share);
  }

  ended(node: string, pid: number, stream: Stream): void {
    const life = this.#life(node, pid);
    life.ended.add(stream);
    if (life.awaited?.every((one) => life.ended.has(one))) this.#delete(node, life);
  }

  /** Of what is only waited for nothing will come, not even its end. */
  disconnected(): void {
    for (const [node, lives] of this.#nodes) {
      for (const life of lives.values()) if (life.awaited !== undefined) this.#delete(node, life);
    }
  }

  /** It is the node's process now. */
  started(node: string, pid: number): void {
    for (const life of this.#nodes.get(node)?.values() ?? []) {
      // The end of that one was not told. And a number may be given again.
      if (life.pid === pid && (life.isOwn || life.awaited !== undefined)) this.#delete(node, life);
      else if (life.isOwn && !life.isHeld) this.#retire(node, life, BOTH);
    }
    this.#life(node, pid).isOwn = true;
  }

  /** A process of the node's own has ended; 0: it could not even be started. */
  dies(node: string, pid: number): Held {
    const own = this.#life(node, pid);
    const lives = [...(this.#nodes.get(node)?.values() ?? [])];
    const others = lives.filter((one) => one !== own && isFree(one));
    own.isOwn = true;
    for (const life of [own, ...others]) {
      life.isHeld = true;
      // What is said in the node's name from now on is of the next life.
      if (life.pid === 0) this.#forgetLife(node, life);
    }
    return { node, own, others };
  }

  /** Whether something was said in the name of a node, which is of no life yet. */
  hasNotes(node: string): boolean {
    return this.#nodes.get(node)?.has(0) ?? false;
  }

  /** Whether these streams of that process have ended. */
  hasEnded({ own }: Held, streams: readonly Stream[]): boolean {
    return streams.every((one) => own.ended.has(one));
  }

  /** The last lines of that life: what others have said of it comes first. */
  last({ own, others }: Held, stream: Stream, count: number): Words {
    // One may have become the process of the next life: then it never was of this one.
    const lives = [...others.filter(({ isOwn }) => !isOwn), own];
    return joined(
      lives.map((life) => life[stream]?.last(count) ?? { lines: [], omitted: 0 }),
      count,
    );
  }

  /** Nobody asks for the words of that life any more. @param streams those that its process had */
  letGo({ node, own, others }: Held, streams: readonly Stream[]): void {
    own.isHeld = false;
    this.#retire(node, own, streams);
    for (const life of others) {
      life.isHeld = false;
      if (!life.isOwn) this.#retire(node, life, BOTH);
    }
  }

  /** A name is free for good. */
  forget(node: string): void {
    for (const life of this.#nodes.get(node)?.values() ?? [])
      if (!life.isHeld) this.#retire(node, life, BOTH);
  }

  #life(node: string, pid: number): Life {
    const lives = this.#nodes.get(node) ?? new Map<number, Life>();
    this.#nodes.set(node, lives);
    const life = lives.get(pid) ?? { pid, ended: new Set<Stream>(), isOwn: false, isHeld: false };
    lives.set(pid, life);
    return life;
  }

  #retire(node: string, life: Life, streams: readonly Stream[]): void {
    const awaited = streams.filter((one) => !life.ended.has(one));
    // What is said in a node's name has no end.
    if (awaited.length === 0 || life.pid === 0) return this.#delete(node, life);
    this.#free(life);
    life.awaited ??= awaited;
  }

  #delete(node: string, life: Life): void {
    this.#forgetLife(node, life);
    if (!life.isHeld) this.#free(life);
  }

  #forgetLife(node: string, life: Life): void {
    const lives = this.#nodes.get(node);
    if (lives?.get(life.pid) === life) lives.delete(life.pid);
    if (lives?.size === 0) this.#nodes.delete(node);
  }

  #free(life: Life): void {
    for (const stream of BOTH) {
      if (life[stream] !== undefined) this.#tails--;
      delete life[stream];
    }
  }
}

function isFree({ isOwn, isHeld, awaited }: Life): boolean {
  return !isOwn && !isHeld && awaited === undefined;
}

const BOTH: readonly Stream[] = ["stdout", "stderr"];
