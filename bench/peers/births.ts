/** Programs that tell when they run, and as which process. */
import fs from "node:fs";
import path from "node:path";
import { Fifo } from "../fifo.ts";

export interface Birth {
  pid: number;
  /** By `performance.now()`. */
  at: number;
}

export class Births {
  /** The last of each program. */
  readonly last = new Map<string, Birth>();
  /** Births so far. */
  count = 0;
  readonly #fifo: Fifo;
  readonly #directory: string;
  readonly #files = new Map<string, string>();
  #rest = "";
  #onBirth: () => void = () => {};

  constructor(directory: string) {
    this.#directory = directory;
    this.#fifo = new Fifo(path.join(directory, "births"));
    this.#fifo.onBytes = (bytes) => this.#take(bytes);
  }

  /**
   * Writes a program that tells of its birth and goes on as the shell's words say; in these `$1` is
   * its name, and whatever line of a name and a pid it writes to `$BIRTHS` counts as a birth too.
   */
  command(name: string, words: string): readonly string[] {
    const file =
      this.#files.get(words) ?? path.join(this.#directory, `program-${this.#files.size}`);
    this.#files.set(words, file);
    const text = `#!/bin/sh\nBIRTHS=${this.#fifo.path}\necho "$1 $$" > "$BIRTHS"\n${words}\n`;
    if (!fs.existsSync(file)) fs.writeFileSync(file, text, { mode: 0o755 });
    return [file, name];
  }

  /** Resolves with the time at which so many programs have been born; undefined: not in time. */
  async all(count: number, limit: number): Promise<number | undefined> {
    const isDone = await this.#wait(() => this.last.size >= count, limit);
    return isDone ? Math.max(...[...this.last.values()].map(({ at }) => at)) : undefined;
  }

  /** Resolves with the next birth of that program after the one with this pid. */
  async after(name: string, pid: number, limit: number): Promise<Birth | undefined> {
    const isBorn = await this.#wait(() => (this.last.get(name)?.pid ?? pid) !== pid, limit);
    return isBorn ? this.last.get(name) : undefined;
  }

  /** Resolves with the time at which every program has been born once more. */
  async allAnew(limit: number): Promise<number | undefined> {
    const old = new Map(this.last);
    const isDone = await this.#wait(
      () => [...old].every(([name, birth]) => this.last.get(name) !== birth),
      limit,
    );
    return isDone ? Math.max(...[...this.last.values()].map(({ at }) => at)) : undefined;
  }

  /** The named pipe into which they are told. */
  get path(): string {
    return this.#fifo.path;
  }

  forget(): void {
    this.last.clear();
    this.count = 0;
  }

  close(): void {
    this.#fifo.close();
  }

  #wait(isTrue: () => boolean, limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (result: boolean): void => {
        clearTimeout(late);
        this.#onBirth = () => {};
        resolve(result);
      };
      const late = setTimeout(() => end(false), limit);
      this.#onBirth = () => {
        if (isTrue()) end(true);
      };
      this.#onBirth();
    });
  }

  #take(bytes: Uint8Array): void {
    const at = performance.now();
    const lines = (this.#rest + Buffer.from(bytes).toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [name = "", pid] = line.split(" ");
      this.last.set(name, { pid: Number(pid), at });
      this.count++;
    }
    this.#onBirth();
  }
}
