/** Takes the nodes' output off the link, as fast as it can be printed and no faster. */
import type { Socket } from "node:net";
import type { Pipeline, Source, SourceRest } from "../../output/pipeline.ts";
import type { Sink } from "../../output/sink.ts";
import { decodeOutput } from "../../wire/stem-messages.ts";
import { type ReadyWatch, readyLines } from "./ready-lines.ts";

/** One stream of one process. */
interface SourceId {
  node: string;
  pid: number;
  stream: "stdout" | "stderr";
}

/** What has come of a line that is not complete. */
export interface Unfinished extends SourceId {
  rest: SourceRest;
}

interface WatchedSource {
  id: SourceId;
  source: Source;
  /** Looks for the line by which the node is ready. */
  look: ((bytes: Uint8Array) => void) | undefined;
}

/** Hears all that is printed, as it is. */
export interface OutputTap {
  /** Without bytes: the end of that stream. */
  heard(node: string, pid: number, stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** The connection is gone: no stream will end. */
  unheard(): void;
}

export class OutputReceiver {
  readonly #pipeline: Pipeline;
  readonly #sinks: readonly Sink[];
  readonly #watch: ReadyWatch;
  readonly #tap: OutputTap;
  #connections = 0;
  #isHolding = false;
  readonly #unfinished: Unfinished[] = [];
  #onIdle: (() => void) | undefined;

  /** @param watch told of lines by which nodes are ready */
  constructor(pipeline: Pipeline, sinks: readonly Sink[], watch: ReadyWatch, tap: OutputTap) {
    this.#watch = watch;
    this.#tap = tap;
    this.#pipeline = pipeline;
    this.#sinks = sinks;
  }

  /** @returns what takes the payloads of that connection's output frames */
  connection(socket: Socket): (payload: Uint8Array) => void {
    const sources = new Map<string, WatchedSource>();
    this.#connections++;
    let hasBegun = false;
    socket.once("close", () => {
      for (const known of sources.values()) this.#leave(known);
      this.#connections--;
      if (this.#connections > 0) return;
      this.#tap.unheard();
      this.#onIdle?.();
    });
    return (payload) => {
      const { node, pid, stream, isFiled, bytes } = decodeOutput(payload);
      // Not before: a connection that comes to nothing must not end what another goes on with.
      if (!hasBegun) this.#goOn(sources);
      hasBegun = true;
      this.#tap.heard(node, pid, stream, bytes);
      if (isFiled === true) {
        readyLines(node, pid, this.#watch)?.(bytes);
        return this.#pipeline.keep(node, stream, bytes);
      }
      const key = keyOf({ node, pid, stream });
      const known = sources.get(key) ?? this.#source({ node, pid, stream });
      if (bytes.length === 0) {
        known.source.end();
        sources.delete(key);
        return;
      }
      sources.set(key, known);
      known.look?.(bytes);
      known.source.push(bytes);
      this.#waitForRoom(socket);
    };
  }

  /** From here on what a connection leaves unfinished is for the next Supervisor. */
  hold(): void {
    this.#isHolding = true;
  }

  /** What was left. */
  get unfinished(): Unfinished[] {
    return [...this.#unfinished];
  }

  /** The same Supervisor goes on: the next connection with what was left. */
  release(): void {
    this.#isHolding = false;
  }

  /** Has the next connection go on with what an earlier one has left. */
  resume(unfinished: readonly Unfinished[]): void {
    this.#unfinished.push(...unfinished);
  }

  #source(id: SourceId, rest?: SourceRest): WatchedSource {
    const look = readyLines(id.node, id.pid, this.#watch);
    if (rest !== undefined) look?.(rest.bytes);
    return { id, source: this.#pipeline.source(id.node, id.stream, rest), look };
  }

  #leave({ id, source }: WatchedSource): void {
    if (this.#isHolding) this.#unfinished.push({ ...id, rest: source.rest() });
    else source.end();
  }

  #goOn(sources: Map<string, WatchedSource>): void {
    for (const { rest, ...id } of this.#unfinished.splice(0))
      sources.set(keyOf(id), this.#source(id, rest));
  }

  /** Calls back once the Stem has said all it had to say. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback;
    if (this.#connections === 0) callback();
  }

  #waitForRoom(socket: Socket): void {
    if (socket.isPaused()) return;
    const full = this.#sinks.find((sink) => sink.isFull);
    if (full === undefined) return;
    socket.pause();
    full.whenDrained(() => {
      socket.resume();
      this.#waitForRoom(socket);
    });
  }
}

function keyOf({ node, pid, stream }: SourceId): string {
  return `${pid} ${stream} ${node}`;
}
