/** The ends of processes that were not started through Node.js, which so does not hear of them itself. */
import os from "node:os";
import type { Exit } from "../../core/revival.ts";
import { LONGEST_TIMER } from "../clock.ts";
import { cpuOf, type Libc, pidOf, SIZES, WAIT } from "./libc.ts";

/** @param cpu all the CPU time that the process has used, in milliseconds */
type Ended = (exit: Exit, cpu: number) => void;

export class Children {
  readonly #libc: Libc;
  readonly #alive = new Map<number, Ended>();
  readonly #info = Buffer.alloc(SIZES.info);
  readonly #usage = Buffer.alloc(SIZES.usage);
  #isListening = false;
  /** As with children of Node.js' own, a process does not end by itself while it has some. */
  #stay: NodeJS.Timeout | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Calls back once when this child of ours has ended, and never before this turn of the loop is over. */
  watch(pid: number, ended: Ended): void {
    this.#alive.set(pid, ended);
    this.#stay ??= setInterval(() => {}, LONGEST_TIMER);
    if (this.#isListening) return;
    this.#isListening = true;
    process.on("SIGCHLD", () => this.reap());
  }

  /** Hears of all that have ended by now. The kernel's signal, which asks for it, comes once for many. */
  reap(): void {
    for (;;) {
      this.#info.fill(0);
      const { all, noHang, noWait, exited } = WAIT;
      const failed = this.#libc.waitid(all, 0, this.#info, noHang | noWait | exited) !== 0;
      const pid = pidOf(this.#info);
      if (failed || pid === 0) return;
      // One of Node.js' own, which has not heard of it yet, may hide others behind it.
      if (!this.#alive.has(pid)) return this.#reapEach();
      this.#reapOne(pid);
    }
  }

  #reapEach(): void {
    for (const pid of [...this.#alive.keys()]) this.#reapOne(pid);
  }

  #reapOne(pid: number): void {
    const status: [number] = [0];
    const result = this.#libc.wait4(pid, status, WAIT.noHang, this.#usage);
    if (result === 0) return;
    const ended = this.#alive.get(pid);
    this.#alive.delete(pid);
    if (this.#alive.size === 0) {
      clearInterval(this.#stay);
      this.#stay = undefined;
    }
    // Nobody else waits for it: if it cannot be waited for it is gone all the same.
    ended?.(result === pid ? exitOf(status[0]) : {}, result === pid ? cpuOf(this.#usage) : 0);
  }
}

/** @param status as the kernel packs it; see wait(2) */
export function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal: signalName(signal) };
}

function signalName(number: number): string {
  const [name] = Object.entries(os.constants.signals).find(([, one]) => one === number) ?? [];
  return name ?? `SIGRTMIN+${number - FIRST_REAL_TIME}`;
}

/** The first two that the kernel has are the C library's own. */
const FIRST_REAL_TIME = 34;
