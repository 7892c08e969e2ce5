/** The files that nodes' output is written to by the Stem, which outlive the processes that they are for. */
import path from "node:path";
import { outputOf } from "../core/output-file.ts";
import type { WidenPipe } from "../os/native/pipe-size.ts";
import { Copies, type SendCopy } from "./copies.ts";
import type { OutputFile } from "./file-sink.ts";
import { FileStream, type Writer } from "./file-stream.ts";
import { LargeBuffers } from "./large-buffers.ts";
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
  readonly #buffers = new LargeBuffers();
  readonly #widenPipe: WidenPipe;

  constructor(output: Copied, widenPipe: WidenPipe) {
    this.#widenPipe = widenPipe;
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
    const common = {
      file,
      writer,
      copies: this.#copies,
      buffers: this.#buffers,
      widenPipe: this.#widenPipe,
    };
    const stream = (stream: StreamName) =>
      new FileStream({ ...common, stream }, () => this.#leave(place, writer));
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
