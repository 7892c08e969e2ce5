/** Checks of nodes' health: what every Stem needs for them. What does them is loaded with the first. */
import type { NodeConfig } from "../core/config.ts";
import type { PipePool } from "../os/pipes.ts";
import type { Checker } from "./checker.ts";
import { Heartbeats } from "./heartbeats.ts";

export interface HealthOptions {
  /** What a node's process got, and so a command that checks it. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv;
  /** What comes before a command so that the kernel ends it with its parent. */
  prefixOf(config: NodeConfig): readonly string[];
  pipes: PipePool;
}

export class HealthChecks {
  readonly heartbeats = new Heartbeats();
  readonly #options: HealthOptions;
  #checker: Promise<Checker> | undefined;
  /** Checks under way, by the process that is checked. */
  readonly #checks = new Map<number, AbortController>();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /**
   * Checks a process once, and calls back once, unless it has ended by then. Never throws.
   * @param seen given the reason if it is not healthy
   */
  check(config: NodeConfig, pid: number, seen: (reason?: string) => void): void {
    const check = new AbortController();
    this.#checks.set(pid, check);
    const settle = (reason?: string): void => {
      if (this.#checks.get(pid) !== check) return;
      this.#checks.delete(pid);
      seen(reason);
    };
    this.#checker ??= this.#load();
    this.#checker.then(
      (checker) => checker.check(config, pid, check, settle),
      () => {
        // That nothing can be loaded here is no fault of the node's.
        this.#checker = undefined;
        settle();
      },
    );
  }

  /** The process has ended: nobody wants to know any more. */
  exited(pid: number): void {
    this.heartbeats.exited(pid);
    this.#checks.get(pid)?.abort();
    this.#checks.delete(pid);
  }

  async #load(): Promise<Checker> {
    const { Checker } = await import("./checker.ts");
    return new Checker(this.#options, this.heartbeats);
  }
}
