/** A named pipe: a program says to the microsecond that it runs by writing a byte into it. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";

const READ_SIZE = 256 * 1024;
const DEADLINE_MS = 30_000;

export class Fifo {
  readonly path: string;
  /** Another descriptor of the pipe, to write: it keeps the pipe open, and can be handed down. */
  readonly writeEnd: number;
  /** Bytes read so far. */
  bytes = 0;
  /** Given what was read; it changes afterwards. */
  onBytes: (bytes: Uint8Array) => void = () => {};
  readonly #socket: net.Socket;
  #waiting: { bytes: number; reached: (at: number) => void } | undefined;

  constructor(path: string) {
    this.path = path;
    execFileSync("mkfifo", [path]);
    const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
    const read = fs.openSync(path, O_RDONLY | O_NONBLOCK);
    this.writeEnd = fs.openSync(path, O_WRONLY);
    // One buffer for all reads: the bench must cost less than what it measures.
    const buffer = new Uint8Array(READ_SIZE);
    const onread = {
      buffer,
      callback: (count: number) => {
        this.onBytes(buffer.subarray(0, count));
        return this.#take(count);
      },
    };
    this.#socket = new net.Socket({ fd: read, readable: true, writable: false, onread });
    this.#socket.on("error", () => {});
    this.#socket.resume();
  }

  /** Resolves with the time (`performance.now()`) at which so many more bytes have been read. */
  more(count: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`waited ${DEADLINE_MS} ms in vain for ${count} bytes`));
      }, DEADLINE_MS);
      const reached = (at: number): void => {
        clearTimeout(late);
        resolve(at);
      };
      this.#waiting = { bytes: this.bytes + count, reached };
    });
  }

  /** Whoever writes has to wait. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
    fs.closeSync(this.writeEnd);
    fs.rmSync(this.path, { force: true });
  }

  #take(count: number): boolean {
    this.bytes += count;
    if (this.#waiting !== undefined && this.bytes >= this.#waiting.bytes) {
      this.#waiting.reached(performance.now());
      this.#waiting = undefined;
    }
    return true;
  }
}
