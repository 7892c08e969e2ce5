/** Whether nodes are ready, where that can be seen from outside. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { portTarget } from "../core/port-target.ts";
import { readyOf } from "../core/readiness.ts";
import { accepts, exists, succeeds, textOf } from "../os/probe.ts";
import { executableProblem } from "../os/tools.ts";
import { parseStatus } from "../zeek/status-file.ts";

export interface ProberOptions {
  /** What a node's process got. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv;
  /** What comes before a node's command: the kernel ends it with its parent, and it is who the node is. */
  prefixOf(config: NodeConfig): readonly string[];
  /** A line in a node's name: that of a command that cannot be run, once for each process. */
  say(node: string, text: string): void;
}

export class Prober {
  readonly #options: ProberOptions;
  /** Looks under way, by the process that is looked at. */
  readonly #looks = new Map<number, AbortController>();
  /** Processes of which it was said that their command cannot be run. */
  readonly #told = new Set<number>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Looks once, and calls back once, unless the process has ended by then. */
  probe(config: NodeConfig, pid: number, seen: (isReady: boolean) => void): void {
    const look = new AbortController();
    this.#looks.set(pid, look);
    void this.#look(config, pid, look.signal).then((isReady) => {
      if (look.signal.aborted) return;
      this.#looks.delete(pid);
      seen(isReady);
    });
  }

  /** The process has ended: nobody wants to know any more. */
  exited(pid: number): void {
    this.#looks.get(pid)?.abort();
    this.#looks.delete(pid);
    this.#told.delete(pid);
  }

  async #look(config: NodeConfig, pid: number, signal: AbortSignal): Promise<boolean> {
    const directory = path.resolve(config.directory ?? ".");
    const ready = readyOf(config);
    if (typeof ready === "string") return true;
    if ("file" in ready) {
      const file = path.resolve(directory, ready.file);
      // A Zeek's file is there from its first moment on, and says how far it is.
      const isZeeks = config.ready === undefined && config.zeek !== undefined;
      return isZeeks ? parseStatus(await textOf(file)) === "RUNNING" : exists(file);
    }
    if ("port" in ready) {
      const target = portTarget(ready.port, ready.host);
      return target !== undefined && accepts(target, directory, signal);
    }
    if (!("command" in ready)) return false;
    const env = this.#options.environmentOf(config);
    const [program = ""] = ready.command;
    const problem = executableProblem(program, env["PATH"], directory);
    if (problem !== undefined) {
      this.#tellOnce(config.name, pid, `cannot execute its ready command ${program}: ${problem}`);
      return false;
    }
    const command = [...this.#options.prefixOf(config), ...ready.command];
    return succeeds(command, { env, cwd: directory, signal });
  }

  /** It may come to be there later. */
  #tellOnce(name: string, pid: number, text: string): void {
    if (this.#told.has(pid)) return;
    this.#told.add(pid);
    this.#options.say(name, `node '${name}' ${text}`);
  }
}
