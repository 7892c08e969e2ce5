/**
 * Real pipes for the output of nodes. Node.js itself gives a child a socket pair, on which a
 * program that opens /dev/stdout or /dev/stderr fails; a named pipe can be opened again.
 */
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Readable } from "node:stream";
import { type ByteSink, type ByteSource, readPipe } from "./pipe-reader.ts";
import { runTool } from "./spawn.ts";

export interface PipeEnds {
  /** For the child; the caller closes it once the child has it. */
  write: number;
  /** Opens our end as a stream. Call this or `read`, once. */
  open(): Readable;
  /** Reads our end, which takes less memory. */
  read(sink: ByteSink): ByteSource;
  /** Gives both ends up: the child was never started. */
  discard(): void;
}

/** Both ends of a pipe. */
export interface PipeFds {
  read: number;
  write: number;
}

export class PipePool {
  readonly #directory: string;
  readonly #mkfifo: string | undefined;
  #free: string[] = [];
  #made = 0;

  /** @param mkfifo the tool's path; without it the pool has no pipes to give */
  constructor(directory: string, mkfifo: string | undefined) {
    this.#directory = directory;
    this.#mkfifo = mkfifo;
  }

  /**
   * A pipe, or undefined where none can be made: socket pairs have to do then.
   * @param owner somebody else, who may open it again by /dev/stdout
   */
  take(owner?: { uid: number; gid: number }): PipeEnds | undefined {
    const file = this.#free.pop() ?? this.#make();
    if (file === undefined) return undefined;
    if (owner !== undefined) return openForeign(file, owner);
    try {
      return this.#openPipe(file);
    } catch (error) {
      fs.rmSync(file, { force: true });
      throw error;
    }
  }

  /**
   * Both ends of a pipe that nobody else can open, and neither of which ever waits. The caller closes both.
   * @throws an error
   */
  takeEnds(): PipeFds {
    const file = this.#takeFile();
    try {
      return openBoth(file);
    } finally {
      fs.rmSync(file, { force: true });
    }
  }

  /**
   * A pipe from which a child reads as any program does, and to which we never wait to write. The caller
   * closes both ends. @throws an error
   */
  takeInput(): PipeFds {
    const file = this.#takeFile();
    const { O_RDONLY } = fs.constants;
    try {
      const { read: first, write } = openBoth(file);
      try {
        return { read: fs.openSync(file, O_RDONLY), write };
      } catch (error) {
        fs.closeSync(write);
        throw error;
      } finally {
        fs.closeSync(first);
      }
    } finally {
      fs.rmSync(file, { force: true });
    }
  }

  /** A private directory beside the pipes; the caller removes it. */
  makeDirectory(): string {
    return fs.mkdtempSync(path.join(this.#directory, "place-"));
  }

  /**
   * Both ends of a pipe that has this name from now on; neither ever waits. The caller closes both,
   * and removes the name. @throws an error
   * @param name in a directory that `makeDirectory` made
   */
  takeNamed(name: string): PipeFds {
    fs.renameSync(this.#takeFile(), name);
    return openBoth(name);
  }

  #takeFile(): string {
    const file = this.#free.pop() ?? this.#make();
    if (file === undefined) throw new Error("no pipe could be made");
    return file;
  }

  #openPipe(file: string): PipeEnds {
    const { read, write } = openInTurn(file);
    return new NamedPipe(read, write, (isFree) => {
      if (isFree) this.#free.push(file);
      else fs.rmSync(file, { force: true });
    });
  }

  /** Makes a batch of them, since each call of the tool takes a millisecond. */
  #make(): string | undefined {
    if (this.#mkfifo === undefined) return undefined;
    const count = Math.min(Math.max(64, this.#made), 512);
    const files = Array.from({ length: count }, (_, i) =>
      path.join(this.#directory, String(this.#made + i)),
    );
    this.#made += count;
    const made = runTool(this.#mkfifo, ["-m", "600", "--", ...files]);
    if (!made.ok) return undefined;
    this.#free = files;
    return this.#free.pop();
  }
}

/** Never used again: who owned it may keep hold of it in ways that nobody sees. */
function openForeign(file: string, { uid, gid }: { uid: number; gid: number }): PipeEnds {
  try {
    const { read, write } = openInTurn(file);
    const pipe = new NamedPipe(read, write, () => {});
    try {
      fs.fchownSync(write, uid, gid);
    } catch (error) {
      pipe.discard();
      throw error;
    }
    return pipe;
  } finally {
    fs.rmSync(file, { force: true });
  }
}

class NamedPipe implements PipeEnds, ByteSink {
  readonly write: number;
  readonly #read: number;
  readonly #done: (isFree: boolean) => void;
  #sink: ByteSink | undefined;

  /** @param done called once our end is closed: whether it is certain that no writer is left to meet the next one */
  constructor(read: number, write: number, done: (isFree: boolean) => void) {
    this.write = write;
    this.#read = read;
    this.#done = done;
  }

  open(): Readable {
    const stream = new net.Socket({ fd: this.#read, readable: true, writable: false });
    let isEnded = false;
    stream.once("end", () => {
      isEnded = true;
    });
    stream.once("close", () => this.#done(isEnded));
    return stream;
  }

  read(sink: ByteSink): ByteSource {
    this.#sink = sink;
    return readPipe(this.#read, this);
  }

  data(bytes: Uint8Array): void {
    this.#sink?.data(bytes);
  }

  closed(isEnded: boolean): void {
    this.#done(isEnded);
    this.#sink?.closed(isEnded);
  }

  discard(): void {
    fs.closeSync(this.#read);
    fs.closeSync(this.write);
    this.#done(true);
  }
}

/** Our end does not wait, the other one does. */
function openInTurn(file: string): PipeFds {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  // Non-blocking, since there is no writer yet; then the other end opens at once.
  const read = fs.openSync(file, O_RDONLY | O_NONBLOCK);
  try {
    return { read, write: fs.openSync(file, O_WRONLY) };
  } catch (error) {
    fs.closeSync(read);
    throw error;
  }
}

function openBoth(file: string): PipeFds {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  const read = fs.openSync(file, O_RDONLY | O_NONBLOCK);
  try {
    return { read, write: fs.openSync(file, O_WRONLY | O_NONBLOCK) };
  } catch (error) {
    fs.closeSync(read);
    throw error;
  }
}
