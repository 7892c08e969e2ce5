/**
 * A file that is rotated before it holds more than it is to. One write at a time, all of them by the
 * thread pool: who writes waits for the disk, and the Stem never does.
 */
import fs from "node:fs/promises";
import path from "node:path";
import { fitting, type OutputSettings, rotation } from "../core/output-file.ts";
import { errnoText } from "../os/tools.ts";
import type { Run } from "../output/whole-lines.ts";

/** How long after a failure lines are given up at once, before the next of them is tried. */
const RETRY_MS = 1_000;

export interface FileWords {
  /** What the lines of are in it. */
  node: string;
  say(text: string): void;
}

export class RotatingFile {
  /** Both may change with the node that uses it. */
  settings: OutputSettings;
  words: FileWords;
  readonly #path: string;
  #handle: fs.FileHandle | undefined;
  #size = 0;
  /** Where the last line that is complete ends. */
  #whole = 0;
  /** Whose line it is that is not complete. */
  #open: object | undefined;
  /** Who has lost a part of a line that still goes on: the rest of it is lost, too. */
  readonly #cut = new WeakSet<object>();
  #jobs: (() => Promise<void>)[] = [];
  #isWorking = false;
  #act: "open" | "write" | "rotate" = "open";
  #failure: { lines: number; retryAt: number } | undefined;
  /** Full, even if a shorter line would still fit. */
  #isFull = false;
  /** The last one. */
  #rotation: Promise<void> | undefined;
  /** It has asked for its turn to compress. */
  #isQueued = false;
  /** The one that goes on. */
  #compression: Promise<void> | undefined;
  #hasCompressed = true;
  #onQuiet: (() => void)[] = [];

  /** @param file absolute */
  constructor(file: string, settings: OutputSettings, words: FileWords) {
    this.#path = file;
    this.settings = settings;
    this.words = words;
  }

  /**
   * Writes lines; they are lost where that fails, which is told once until it works again.
   * @param owner the stream that they come from: lines of two of them never mix
   * @param done called when they are written, or lost
   */
  write(owner: object, run: Run, done: () => void): void {
    this.#do(() => this.#write(owner, run).then(done));
  }

  truncate(): void {
    this.#do(async () => {
      try {
        await this.#ready();
        await this.#cutBack(0);
      } catch (error) {
        await this.#fail(error as Error, NOTHING);
      }
    });
  }

  /** Opened again by the next write. */
  close(): void {
    this.#do(() => this.#close().catch(() => {}));
  }

  /** Calls back when all is written, and nothing is being compressed. */
  whenQuiet(callback: () => void): void {
    this.#onQuiet.push(callback);
    this.#tellQuiet();
  }

  #do(job: () => Promise<void>): void {
    this.#jobs.push(job);
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      // Whatever went wrong with one, the rest gets its turn.
      await job().catch((error: Error) => this.#say("failed to use its output file", error));
    }
    this.#isWorking = false;
    this.#tellQuiet();
  }

  async #write(owner: object, run: Run): Promise<void> {
    const lines = this.#cut.has(owner) && !run.begins ? afterLine(run.bytes) : run.bytes;
    let rest = lines;
    if (rest.length > 0 || run.ends) this.#cut.delete(owner);
    if (rest.length === 0) return;
    if (this.#failure !== undefined && performance.now() < this.#failure.retryAt)
      return this.#lose(owner, rest);
    try {
      await this.#ready();
      // The line that another stream has begun, or another writer, goes on elsewhere.
      if (this.#open !== undefined && this.#open !== owner) rest = Buffer.concat([NEWLINES, rest]);
      while (rest.length > 0) rest = rest.subarray(await this.#writeSome(rest, owner));
      this.#worksAgain();
    } catch (error) {
      await this.#fail(error as Error, rest);
      this.#lose(owner, rest.length > lines.length ? lines : rest);
    }
  }

  /** @returns how much of it is written; 0: it was rotated first */
  async #writeSome(bytes: Uint8Array, owner: object): Promise<number> {
    const isInLine = this.#open !== undefined;
    const { maxSize } = this.settings;
    const fits = fitting(bytes, { size: this.#size, maxSize, isInLine });
    this.#isFull ||= fits === 0;
    if (this.#isFull) {
      await this.#rotate();
      return 0;
    }
    this.#act = "write";
    const { bytesWritten } = (await this.#handle?.write(bytes, 0, fits, null)) ?? NOT_WRITTEN;
    if (bytesWritten === 0) throw new Error("Nothing was written");
    const newline = bytes.lastIndexOf(NEWLINE, bytesWritten - 1) + 1;
    if (newline > 0) this.#whole = this.#size + newline;
    this.#size += bytesWritten;
    this.#open = newline === bytesWritten ? undefined : owner;
    return bytesWritten;
  }

  async #ready(): Promise<void> {
    if (this.#handle !== undefined) return;
    this.#act = "open";
    const { O_RDWR, O_CREAT, O_APPEND, O_NONBLOCK } = fs.constants;
    // Not waiting for whoever reads, should it be a named pipe.
    const handle = await fs.open(this.#path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK, 0o600);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new Error("Not a regular file");
      this.#size = stat.size;
      this.#whole = stat.size;
      if (stat.size > 0) {
        const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, stat.size - 1);
        if (buffer[0] !== NEWLINE) this.#open = SOMEONE;
      }
      this.#handle = handle;
    } finally {
      if (this.#handle !== handle) await handle.close();
    }
  }

  async #rotate(): Promise<void> {
    // Its files have names that they are about to lose.
    await this.#compression;
    this.#act = "rotate";
    this.#rotation = this.#moveOn();
    await this.#rotation;
    this.#isFull = false;
    await this.#close();
    await this.#ready();
    if (this.settings.compress && this.settings.keep > 0) this.#askForCompression();
  }

  async #moveOn(): Promise<void> {
    const [directory, base] = [path.dirname(this.#path), path.basename(this.#path)];
    for (const step of rotation(base, await fs.readdir(directory), this.settings.keep)) {
      const [name, act] =
        "remove" in step
          ? [step.remove, fs.unlink]
          : [step.rename, (file: string) => fs.rename(file, path.join(directory, step.to))];
      await act(path.join(directory, name)).catch(unlessGone);
    }
  }

  /** Files whose turn has not come may be moved on: then there are more of them to compress. */
  #askForCompression(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    turn = turn.then(() => {
      this.#isQueued = false;
      this.#compression = this.#compress();
      return this.#compression;
    });
  }

  async #compress(): Promise<void> {
    try {
      await this.#rotation?.catch(() => {});
      const { compressOld } = await import("./compress.ts");
      const { dir, base } = path.parse(this.#path);
      await compressOld(dir, base, this.settings.keep);
      this.#hasCompressed = true;
    } catch (error) {
      if (this.#hasCompressed) this.#say("failed to compress old output of", error as Error);
      this.#hasCompressed = false;
    }
    this.#compression = undefined;
    this.#tellQuiet();
  }

  async #fail(error: Error, rest: Uint8Array): Promise<void> {
    const act = this.#act;
    const then = rest.length > 0 ? ": lines are lost until it can" : "";
    if (this.#failure === undefined) this.#say(`failed to ${act} its output file`, error, then);
    this.#failure ??= { lines: 0, retryAt: 0 };
    this.#failure.retryAt = performance.now() + RETRY_MS;
    if (this.#open !== undefined) this.#cut.add(this.#open);
    // What is in it of a line that will never be complete.
    await this.#cutBack(this.#whole).catch(() => {});
    await this.#close().catch(() => {});
  }

  async #cutBack(size: number): Promise<void> {
    if (this.#size === size) return;
    await this.#handle?.truncate(size);
    this.#size = size;
    this.#whole = size;
    this.#open = undefined;
    if (size === 0) this.#isFull = false;
  }

  #lose(owner: object, bytes: Uint8Array): void {
    if (this.#failure !== undefined) this.#failure.lines += newlines(bytes);
    if (bytes.at(-1) !== NEWLINE) this.#cut.add(owner);
  }

  #worksAgain(): void {
    if (this.#failure === undefined) return;
    const { lines } = this.#failure;
    this.#failure = undefined;
    const lost = lines === 1 ? "1 line was lost" : `${lines} lines were lost`;
    this.words.say(`node '${this.words.node}' writes its output file ${this.#path} again: ${lost}`);
  }

  #say(what: string, error: NodeJS.ErrnoException, then = ""): void {
    const { node, say } = this.words;
    say(`node '${node}' ${what} ${this.#path}: ${errnoText(error)}${then}`);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  #tellQuiet(): void {
    if (this.#isWorking || this.#isQueued || this.#compression !== undefined) return;
    for (const callback of this.#onQuiet.splice(0)) callback();
  }
}

/** One file of the whole tree is compressed at a time. */
let turn = Promise.resolve();

/** What follows the first newline. */
function afterLine(bytes: Uint8Array): Uint8Array {
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 ? NOTHING : bytes.subarray(newline + 1);
}

function newlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** What is to be moved or removed may have been by somebody else. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

const NEWLINE = 0x0a;
const NEWLINES = new Uint8Array([NEWLINE]);
const NOTHING = new Uint8Array(0);
/** Who wrote what was there before. */
const SOMEONE = {};
const NOT_WRITTEN = { bytesWritten: 0 };
