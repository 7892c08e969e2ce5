/** A file that a node's output is passed on to, where the node itself must not open it. */
import fs from "node:fs";
import type { Flow } from "../os/pipe-reader.ts";

/** A stream of a process, as who takes it may have it wait, or take more at once. */
export interface StreamFlow extends Flow {
  /** Undefined where there is no more to be had at once. */
  readonly fd: number | undefined;
  /** Reads what there is by now of a stream that is paused. @returns how many bytes; 0: none */
  readNow(into: Uint8Array): number;
}

/** What takes a stream in the Supervisor's place. */
export interface OutputFile {
  /** Nothing is on its way to the file. */
  readonly isIdle: boolean;
  /** Takes what a stream gave, and has it give no more until it has room. */
  take(bytes: Uint8Array, from: StreamFlow): void;
  /** The stream has ended. Calls back when everything is written. */
  end(done: () => void): void;
}

export class FileSink implements OutputFile {
  readonly #fd: number;
  readonly #failed: (error: NodeJS.ErrnoException) => void;
  #pending = 0;
  #hasFailed = false;
  #onIdle: (() => void) | undefined;

  /**
   * @param fd closed at the end
   * @param failed the file takes no more; told once until it does again. What it did not take is lost,
   *   as it is for a program that writes to the file itself.
   */
  constructor(fd: number, failed: (error: NodeJS.ErrnoException) => void) {
    this.#fd = fd;
    this.#failed = failed;
  }

  /** Nothing is on its way to the file. */
  get isIdle(): boolean {
    return this.#pending === 0;
  }

  /** Writes what a stream gave, and has it give no more until that is done. */
  take(bytes: Uint8Array, from: Flow): void {
    this.#pending++;
    from.pause();
    this.#write(bytes, () => {
      this.#pending--;
      if (this.#pending > 0) return;
      from.resume();
      this.#onIdle?.();
    });
  }

  /** Calls back when everything is written and the file is closed. */
  end(done: () => void): void {
    const close = (): void => fs.close(this.#fd, () => done());
    if (this.isIdle) close();
    else this.#onIdle = close;
  }

  #write(bytes: Uint8Array, done: () => void): void {
    fs.write(this.#fd, bytes, (error, written) => {
      if (error !== null) {
        if (!this.#hasFailed) this.#failed(error);
        this.#hasFailed = true;
        return done();
      }
      this.#hasFailed = false;
      if (written < bytes.length) this.#write(bytes.subarray(written), done);
      else done();
    });
  }
}
