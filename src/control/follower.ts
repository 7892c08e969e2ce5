/**
 * Follows the history for one reader. It holds a position in each node's lines and a credit: how
 * much the reader can still take. With credit it takes what comes at once, however little the history
 * keeps; without, the lines wait in the history, and those that are no longer there when the reader
 * comes are counted as missed.
 */
import type { FollowOptions } from "../core/api.ts";
import type { History, Run } from "../output/history.ts";
import type { Chunk } from "./line-reader.ts";

export interface FollowerOptions extends FollowOptions {
  /** Where to go on, of nodes that were followed before. */
  from?: Readonly<Record<string, number>>;
  /** Bytes that the reader can take at first. */
  credit: number;
}

const DEFAULT_LINES = 10;
const LEAST_READ = 4 * 1024;

/** What was taken as it came, and goes out in the next turn. */
interface Fresh {
  chunk: Omit<Chunk, "bytes" | "missed">;
  parts: Uint8Array[];
}

export class Follower {
  readonly #history: History;
  readonly #send: (chunk: Chunk) => void;
  readonly #onEnd: () => void;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #positions = new Map<string, number>();
  /** Nodes with more to read. */
  readonly #waiting = new Set<string>();
  #fresh: Fresh[] = [];
  /** Of each node the last of them. */
  readonly #freshest = new Map<string, Fresh>();
  /** Where to stop, if it does not go on with what comes. */
  readonly #stops: Map<string, number> | undefined;
  readonly #unlisten: () => void;
  #credit: number;
  #scheduled: NodeJS.Immediate | undefined;
  #ended = false;

  /** @param send takes a piece; @param onEnd called once when there will be no more */
  constructor(
    history: History,
    { nodes = [], lines = DEFAULT_LINES, follow = true, from = {}, credit }: FollowerOptions,
    send: (chunk: Chunk) => void,
    onEnd: () => void,
  ) {
    this.#history = history;
    this.#send = send;
    this.#onEnd = onEnd;
    this.#credit = credit;
    this.#only = nodes.length === 0 ? undefined : new Set(nodes);
    const known = history.nodes().filter((node) => this.#wants(node));
    for (const node of known) {
      const position = Object.hasOwn(from, node) ? from[node] : undefined;
      this.#positions.set(node, position ?? history.tail(node, lines));
      this.#waiting.add(node);
    }
    this.#stops = follow ? undefined : new Map(known.map((node) => [node, history.end(node)]));
    this.#unlisten = history.onAppend((node, run) => this.#appended(node, run));
    this.#schedule();
  }

  /** Where each node's lines go on. */
  get positions(): Record<string, number> {
    return Object.fromEntries(this.#positions);
  }

  /** The reader can take that many bytes more. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.#schedule();
  }

  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten();
    clearImmediate(this.#scheduled);
    this.#onEnd();
  }

  #wants(node: string): boolean {
    return node !== "" && (this.#only?.has(node) ?? true);
  }

  #appended(node: string, run: Run): void {
    if (!this.#wants(node) || this.#stops !== undefined) return;
    const end = this.#history.end(node);
    const isAtEnd = (this.#positions.get(node) ?? 0) === end - run.bytes.length;
    if (this.#credit > 0 && isAtEnd && !this.#waiting.has(node)) this.#take(node, run, end);
    else this.#waiting.add(node);
    this.#schedule();
  }

  #take(node: string, { stream, at, bytes }: Run, next: number): void {
    this.#credit -= bytes.length;
    this.#positions.set(node, next);
    const last = this.#freshest.get(node);
    if (last?.chunk.stream === stream) {
      last.parts.push(bytes.slice());
      last.chunk.next = next;
      return;
    }
    const fresh = { chunk: { node, stream, at, next }, parts: [bytes.slice()] };
    this.#fresh.push(fresh);
    this.#freshest.set(node, fresh);
  }

  /** In a turn of its own: many small additions become one piece. */
  #schedule(): void {
    if (this.#scheduled !== undefined || this.#ended) return;
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#freshest.clear();
    for (const { chunk, parts } of fresh)
      this.#send({ ...chunk, bytes: concatenated(parts), missed: 0 });
    if (this.#credit > 0) {
      const each = Math.max(LEAST_READ, Math.floor(this.#credit / Math.max(1, this.#waiting.size)));
      const chunks = [...this.#waiting].flatMap((node) => this.#read(node, each));
      for (const chunk of inOrder(chunks)) {
        this.#credit -= chunk.bytes.length;
        this.#send(chunk);
      }
    }
    if (this.#stops !== undefined && this.#waiting.size === 0) return this.stop();
    if (this.#credit > 0 && this.#waiting.size > 0) this.#schedule();
  }

  #read(node: string, most: number): Chunk[] {
    const held = this.#positions.get(node) ?? 0;
    // A node that was gone and forgotten begins anew.
    const position = held > this.#history.end(node) ? 0 : held;
    const stop = this.#stops?.get(node) ?? Number.POSITIVE_INFINITY;
    const left = Math.min(most, Math.max(0, stop - position));
    const { runs, next, missed } = this.#history.read(node, position, left);
    this.#positions.set(node, next);
    if (next >= Math.min(stop, this.#history.end(node))) this.#waiting.delete(node);
    // All that was to be read is gone, and what came later was not asked for.
    if (position + missed >= stop) return [];
    let at = next - runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return runs.map((run: Run, i) => {
      at += run.bytes.length;
      return { ...run, node, next: at, missed: i === 0 ? missed : 0 };
    });
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

/** Of several nodes at once, what came first goes first; each node's own order stays as it is. */
function inOrder(chunks: readonly Chunk[]): Chunk[] {
  const latest = new Map<string, number>();
  const timed = chunks.map((chunk) => {
    // The clock may have been set back.
    const at = Math.max(chunk.at, latest.get(chunk.node) ?? 0);
    latest.set(chunk.node, at);
    return { chunk, at };
  });
  return timed.sort((a, b) => a.at - b.at).map(({ chunk }) => chunk);
}
