/** Runs the command of --on-crash: with the record as JSON on its stdin, now and then, and never for long. */
import type { CrashRecord } from "../core/crash.ts";
import type { Exit } from "../core/revival.ts";
import { signalGroup } from "../os/signals.ts";
import { type Fed, runTool, startFed } from "../os/spawn.ts";
import { errnoText, findTool } from "../os/tools.ts";
import { HookRate } from "./hook-rate.ts";
import type { HookOptions } from "./options.ts";

export interface HookSurroundings {
  env: NodeJS.ProcessEnv;
  now(): number;
  say(text: string): void;
}

/** More at once are not started: their crashes count as suppressed. */
const AT_ONCE = 8;
/** What does not end by SIGTERM is killed this much later. */
const KILL_AFTER_MS = 5_000;

export class CrashHook {
  readonly #options: HookOptions;
  readonly #around: HookSurroundings;
  readonly #rate: HookRate;
  readonly #running = new Set<Fed>();
  /** The tool that ends it after its time even if this process is gone; null: there is none. */
  #timeout: string | null | undefined;

  constructor(options: HookOptions, around: HookSurroundings) {
    this.#options = options;
    this.#around = around;
    this.#rate = new HookRate(options.every);
  }

  /** A record was made. */
  crashed(record: CrashRecord): void {
    const { node } = record;
    const suppressed =
      this.#running.size < AT_ONCE ? this.#rate.admit(node, this.#around.now()) : undefined;
    if (suppressed === undefined) this.#rate.suppress(node, 1 + (record.unrecorded ?? 0));
    else
      this.#run(record, suppressed).catch((error: Error) => this.#failed(record, errnoText(error)));
  }

  /** A name is free for good. */
  forget(node: string): void {
    this.#rate.forget(node);
  }

  /** The tree has ended. What cannot end itself after its time ends now. */
  close(): void {
    if (this.#timeout !== null) return;
    for (const fed of this.#running) end(fed, "SIGKILL");
  }

  async #run(record: CrashRecord, suppressed: number): Promise<void> {
    const { command, timeout } = this.#options;
    const { env: inherited } = this.#around;
    const env = { ...inherited, COPPICE_CRASH: record.id, COPPICE_CRASH_NODE: record.node };
    const input = `${JSON.stringify(suppressed > 0 ? { ...record, suppressed } : record)}\n`;
    const [file = "", ...args] = [...this.#limiter(), "/bin/sh", "-c", command];
    const fed = startFed(file, args, { env, input });
    this.#running.add(fed);
    let isLate = false;
    const limits = [
      setTimeout(() => {
        isLate = true;
        end(fed, "SIGTERM");
      }, timeout),
      setTimeout(() => end(fed, "SIGKILL"), timeout + KILL_AFTER_MS),
    ];
    try {
      const { exit, stderr } = await fed.ended;
      const problem = isLate || exit.code === TIMED_OUT ? this.#lateText() : problemOf(exit);
      const [first = ""] = stderr.trim().split("\n");
      if (problem !== undefined)
        this.#failed(record, first === "" ? problem : `${problem}: ${first}`);
    } finally {
      for (const timer of limits) clearTimeout(timer);
      this.#running.delete(fed);
    }
  }

  /** coreutils' `timeout`, where it is there: it does its work when this process is gone, too. */
  #limiter(): string[] {
    const seconds = String(this.#options.timeout / 1000);
    const options = ["-k", String(KILL_AFTER_MS / 1000), seconds];
    if (this.#timeout === undefined) {
      const tool = findTool("timeout");
      const works = tool !== undefined && runTool(tool, [...options, "true"]).ok;
      this.#timeout = works ? tool : null;
    }
    return this.#timeout === null ? [] : [this.#timeout, ...options];
  }

  #lateText(): string {
    return `it took more than ${this.#options.timeout / 1000} s, and was ended`;
  }

  #failed({ id, node }: CrashRecord, why: string): void {
    this.#around.say(
      `error: the command of --on-crash failed for crash ${id} of node '${node}': ${why}`,
    );
  }
}

function end({ pid }: Fed, signal: NodeJS.Signals): void {
  // 0 would be our own group.
  if (pid > 0) signalGroup(pid, signal);
}

function problemOf({ code, signal }: Exit): string | undefined {
  if (signal !== undefined) return `it was ended by ${signal}`;
  return code === 0 ? undefined : `it exited with status ${code}`;
}

/** The exit status by which `timeout` says so. */
const TIMED_OUT = 124;
