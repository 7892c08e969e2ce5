/**
 * Shells that are there already when a node has to be, and then become its process: everything that a
 * start takes but the program itself is behind them. What died is back so much sooner. There are few, for
 * nodes that die alone; when many start at once each is started for itself.
 */
import fs from "node:fs";
import type { Exit } from "../core/revival.ts";
import type { StartProcess } from "../os/native/posix-spawn.ts";
import type { PipeEnds, PipeFds, PipePool } from "../os/pipes.ts";
import type { SpawnEvents } from "../os/spawn.ts";

export interface SparesOptions {
  startProcess: StartProcess;
  pipes: PipePool;
  /** What comes before the shell: what the kernel ends it with. */
  prefix: readonly string[];
  env: NodeJS.ProcessEnv;
  kill(pid: number): void;
  /** Calls back later. @returns a function that forgets it */
  after(ms: number, act: () => void): () => void;
}

/** What a spare process has become. */
export interface Taken {
  pid: number;
  stdout: PipeEnds;
  stderr: PipeEnds;
}

interface Spare extends Taken {
  /** Our end of what it reads its script from. */
  script: number;
  /** Who hears of its end; a spare's own is nobody's business. */
  events: Pick<SpawnEvents, "exited" | "used"> | undefined;
}

export class Spares {
  readonly #options: SparesOptions;
  readonly #ready: Spare[] = [];
  /** Started and not yet gone, without having become a node's. */
  #alive = 0;
  #forget: (() => void) | undefined;
  /** Deaths in a row of spares that nobody used: something is wrong with them here. */
  #wasted = 0;
  #isOver = false;
  #onGone: (() => void) | undefined;

  constructor(options: SparesOptions) {
    this.#options = options;
  }

  get areReady(): boolean {
    return this.#ready.length > 0;
  }

  /** A node was started: the next one may need a spare, once starting has come to rest. */
  wanted(): void {
    if (this.#isOver || this.#wasted >= MOST_WASTED) return;
    this.#forget?.();
    this.#forget = this.#options.after(REST_MS, () => this.#replenish());
  }

  /**
   * Has a spare become a node's process.
   * @param script what it is told; it executes the program at the end
   * @param events `exited` and `used`, as if it had been started now
   * @returns undefined if there is none
   */
  take(script: string, events: Pick<SpawnEvents, "exited" | "used">): Taken | undefined {
    const bytes = Buffer.from(script);
    if (bytes.length > LONGEST_SCRIPT) return undefined;
    const spare = this.#ready.shift();
    if (spare === undefined) return undefined;
    const isTold = hasWritten(spare.script, bytes);
    // Before it can take what it has for everything.
    if (!isTold) this.#options.kill(spare.pid);
    fs.closeSync(spare.script);
    if (!isTold) return undefined;
    for (const { write } of [spare.stdout, spare.stderr]) fs.closeSync(write);
    spare.events = events;
    this.#alive--;
    this.#wasted = 0;
    return spare;
  }

  /** No more are needed. Calls back when they have gone. */
  discard(gone: () => void): void {
    this.#isOver = true;
    this.#forget?.();
    // Somebody may have stopped one, so that it would never read the end of its script.
    for (const { pid, script } of this.#ready.splice(0)) {
      this.#options.kill(pid);
      fs.closeSync(script);
    }
    this.#onGone = gone;
    this.#tellIfGone();
  }

  #replenish(): void {
    this.#forget = undefined;
    while (this.#ready.length < SPARES && this.#start());
  }

  /** @returns whether there is one more */
  #start(): boolean {
    const opened: PipeEnds[] = [];
    let script: PipeFds | undefined;
    try {
      const pipe = () => {
        const ends = this.#options.pipes.take();
        if (ends === undefined) throw new Error("no pipe could be made");
        opened.push(ends);
        return ends;
      };
      script = this.#options.pipes.takeInput();
      if (this.#startWith(script, { stdout: pipe(), stderr: pipe() })) return true;
    } catch {
      // No descriptors are left: nodes are started without spares.
    } finally {
      if (script !== undefined) fs.closeSync(script.read);
    }
    if (script !== undefined) fs.closeSync(script.write);
    for (const pipe of opened) pipe.discard();
    this.#wasted++;
    return false;
  }

  #startWith(script: PipeFds, streams: Pick<Taken, "stdout" | "stderr">): boolean {
    const { startProcess, prefix, env } = this.#options;
    const { stdout, stderr } = streams;
    const [file = "", ...args] = [...prefix, ...SHELL];
    let spare: Spare | undefined;
    startProcess(
      { file, args, env, cwd: "/", stdin: script.read, stdout: stdout.write, stderr: stderr.write },
      {
        started: (pid) => {
          spare = { pid, ...streams, script: script.write, events: undefined };
        },
        failed: () => {},
        exited: (exit) => this.#exited(spare, exit),
        used: (cpu) => spare?.events?.used?.(cpu),
      },
    );
    if (spare === undefined) return false;
    this.#ready.push(spare);
    this.#alive++;
    return true;
  }

  #exited(spare: Spare | undefined, exit: Exit): void {
    if (spare === undefined) return;
    if (spare.events !== undefined) return spare.events.exited(exit);
    this.#alive--;
    const index = this.#ready.indexOf(spare);
    if (index >= 0) {
      this.#ready.splice(index, 1);
      fs.closeSync(spare.script);
      this.#wasted++;
    }
    spare.stdout.discard();
    spare.stderr.discard();
    this.#tellIfGone();
  }

  #tellIfGone(): void {
    if (this.#onGone === undefined || this.#alive > 0) return;
    const gone = this.#onGone;
    this.#onGone = undefined;
    gone();
  }
}

/** Whether a pipe took all of it, and somebody is there to read it. */
function hasWritten(pipe: number, bytes: Uint8Array): boolean {
  try {
    return fs.writeSync(pipe, bytes) === bytes.length;
  } catch {
    return false;
  }
}

/** Enough for two nodes that die together; each is a shell's memory. */
const SPARES = 2;
/** For how long nothing was started before spares are (ms): what is urgent goes first. */
const REST_MS = 100;
const MOST_WASTED = 3;
/** Half of what Linux' pipes take at once, unless their owner has too many (pipe(7)). */
const LONGEST_SCRIPT = 32_768;
/** It reads what it is to do; its last word is for who looks at the processes of a machine. */
const SHELL = ["/bin/sh", "-s", "coppice: spare"];
