/**
 * Which part of the files that a node writes its output to is of one life: from where they ended when the
 * life before was over, up to where they end now. Looked at at once when a node is created and when its
 * process has ended, for its next one may be writing soon.
 */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import type { Stream } from "./last-words.ts";

/** Bytes `from` to `until` of a file; the file is absolute. */
export interface Span {
  file: string;
  from: number;
  until: number;
}

export type Spans = Partial<Record<Stream, Span>>;

export class FileSpans {
  readonly #here: string;
  readonly #ends = new Map<string, Partial<Record<Stream, number>>>();

  /** @param here what relative directories are relative to: absolute */
  constructor(here: string) {
    this.#here = here;
  }

  /** Before its first start. */
  created(config: NodeConfig): void {
    // At the first start they are emptied.
    if (config.truncateOutput !== true) this.ended(config);
  }

  /** A life is over. @returns what it has written, as far as that can be told */
  ended(config: NodeConfig): Spans {
    const { name, directory = ".", stdoutFile, stderrFile } = config;
    const spans: Spans = {};
    for (const [stream, file] of [
      ["stdout", stdoutFile] as const,
      ["stderr", stderrFile] as const,
    ]) {
      if (file === undefined) continue;
      const whole = path.resolve(this.#here, directory, file);
      const until = sizeOf(whole);
      const from = this.#ends.get(name)?.[stream] ?? 0;
      // A smaller one was truncated, or a new one has taken its place.
      spans[stream] = { file: whole, from: from <= until ? from : 0, until };
      this.#ends.set(name, { ...this.#ends.get(name), [stream]: until });
    }
    return spans;
  }

  /** A name is free for good. */
  forget(node: string): void {
    this.#ends.delete(node);
  }
}

function sizeOf(file: string): number {
  try {
    return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0; // What is wrong with it is told when it is read.
  }
}
