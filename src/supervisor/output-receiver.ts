/** Takes the nodes' output off the link, as fast as it can be printed and no faster. */
import type { Socket } from "node:net";
import type { Pipeline, Source } from "../output/pipeline.ts";
import type { Sink } from "../output/sink.ts";
import { decodeOutput } from "../wire/stem-messages.ts";
import { type ReadyWatch, readyLines } from "./ready-lines.ts";

interface WatchedSource {
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
    socket.once("close", () => {
      for (const { source } of sources.values()) source.end();
      this.#connections--;
      if (this.#connections > 0) return;
      this.#tap.unheard();
      this.#onIdle?.();
    });
    return (payload) => {
      const { node, pid, stream, bytes } = decodeOutput(payload);
      this.#tap.heard(node, pid, stream, bytes);
      const key = `${pid} ${stream} ${node}`;
      const known = sources.get(key) ?? {
        source: this.#pipeline.source(node, stream),
        look: readyLines(node, pid, this.#watch),
      };
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
