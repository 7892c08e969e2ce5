/** The files that nodes' output is written to by the Stem, which outlive the processes that they are for. */
import path from "node:path";
import { outputOf } from "../core/output-file.ts";
import type { Flow } from "../os/pipe-reader.ts";
import { type Run, WholeLines } from "../output/whole-lines.ts";
import { Copies, type SendCopy } from "./copies.ts";
import type { OutputFile } from "./file-sink.ts";
import { RotatingFile } from "./rotating-file.ts";
import type { StartOrder } from "./start.ts";
import type { StreamName } from "./streams.ts";

/** The way to the Supervisor. */
export interface Copied {
  /** A line in a node's name. */
  say(node: string, text: string): void;
  copy: SendCopy;
  /** Told when there is room again for what `copy` did not take. */
  copies: { flush(): void; discard(): void } | undefined;
}

/** A process whose streams go to a file. */
interface Writer {
  node: string;
  pid: number;
  /** Whether the Supervisor looks for a line among its lines by which it is ready. */
  isAwaited: boolean;
}

interface Entry {
  file: RotatingFile;
  node: string;
  /** Streams that are not at their end. */
  users: number;
  isForgotten: boolean;
}

export class OutputFiles {
  readonly #entries = new Map<string, Entry>();
  readonly #writers = new Map<number, Writer>();
  readonly #say: Copied["say"];
  readonly #copies: Copies;

  constructor(output: Copied) {
    this.#say = (node, text) => output.say(node, text);
    this.#copies = new Copies((one, bytes) => output.copy(one, bytes));
    output.copies = this.#copies;
  }

  /**
   * What takes the streams of a process, which both go to one file.
   * @param directory where the node works: absolute
   * @returns nothing if the node has no such file
   */
  open(order: StartOrder, pid: number, directory: string): Partial<Record<StreamName, OutputFile>> {
    const { config, fresh } = order;
    const settings = outputOf(config);
    if (settings === undefined) return {};
    const { name } = config;
    const place = path.resolve(directory, settings.file);
    const words = { node: name, say: (text: string) => this.#say(name, text) };
    // One that is there already: of an earlier process there may still be something on its way to it.
    const known = this.#entries.get(place);
    const file = known?.file ?? new RotatingFile(place, settings, words);
    file.settings = settings;
    file.words = words;
    const users = (known?.users ?? 0) + 2;
    this.#entries.set(place, { file, node: name, users, isForgotten: false });
    if (fresh && config.truncateOutput === true) file.truncate();
    const { ready } = config;
    const isAwaited = typeof ready === "object" && "line" in ready;
    const writer: Writer = { node: name, pid, isAwaited };
    if (isAwaited) this.#writers.set(pid, writer);
    const stream = (stream: StreamName) =>
      new FileStream({ file, writer, stream, copies: this.#copies }, () =>
        this.#leave(place, writer),
      );
    return { stdout: stream("stdout"), stderr: stream("stderr") };
  }

  /** The line is found: no process waits for the Supervisor any more. */
  ready(pid: number): void {
    const writer = this.#writers.get(pid);
    if (writer !== undefined) writer.isAwaited = false;
  }

  /** A node's name is free for good. */
  forget(node: string): void {
    for (const [place, entry] of this.#entries) {
      if (entry.node !== node) continue;
      entry.isForgotten = true;
      this.#dropUnused(place);
    }
  }

  #leave(place: string, writer: Writer): void {
    if (this.#writers.get(writer.pid) === writer) this.#writers.delete(writer.pid);
    const entry = this.#entries.get(place);
    if (entry === undefined) return;
    entry.users--;
    if (entry.users === 0) entry.file.close();
    this.#dropUnused(place);
  }

  /** Not before its old ones are compressed: whoever opened it anew would move them meanwhile. */
  #dropUnused(place: string): void {
    const entry = this.#entries.get(place);
    const isUnused = (): boolean =>
      entry?.users === 0 && entry.isForgotten && this.#entries.get(place) === entry;
    if (!isUnused()) return;
    entry?.file.whenQuiet(() => {
      if (isUnused()) this.#entries.delete(place);
    });
  }
}

interface FileStreamOptions {
  file: RotatingFile;
  writer: Writer;
  stream: StreamName;
  copies: Copies;
}

/** One stream of a process, which gives no more while what it gave is not written. */
class FileStream implements OutputFile {
  readonly #to: FileStreamOptions;
  readonly #left: () => void;
  readonly #lines = new WholeLines();
  /** Bytes that are on their way. */
  #pending = 0;
  #onIdle: (() => void) | undefined;

  constructor(to: FileStreamOptions, left: () => void) {
    this.#to = to;
    this.#left = left;
  }

  get isIdle(): boolean {
    return this.#pending === 0;
  }

  take(bytes: Uint8Array, from: Flow): void {
    const run = this.#lines.push(bytes);
    if (run === undefined) return;
    this.#pass(run, from);
  }

  end(done: () => void): void {
    const leave = (): void => {
      this.#left();
      done();
    };
    const rest = this.#lines.end();
    if (rest !== undefined) this.#pass(rest);
    if (this.isIdle) leave();
    else this.#onIdle = leave;
  }

  #pass(run: Run, from?: Flow): void {
    const { file, writer, stream, copies } = this.#to;
    const { node, pid, isAwaited } = writer;
    const { length } = run.bytes;
    let left = isAwaited ? 2 : 1;
    const done = (): void => {
      left--;
      if (left > 0) return;
      this.#pending -= length;
      if (this.#pending < AHEAD) from?.resume();
      if (this.isIdle) this.#onIdle?.();
    };
    this.#pending += length;
    if (this.#pending >= AHEAD) from?.pause();
    copies.add(node, pid, stream, run.bytes, isAwaited ? done : undefined);
    file.write(this, run, done);
  }
}

/** What of a stream may be on its way before it gives no more: reading and writing take turns otherwise. */
const AHEAD = 128 * 1024;
