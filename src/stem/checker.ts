/** Does the checks of nodes' health, each within its time. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { HEALTH_DEFAULTS, type HealthCheck } from "../core/health.ts";
import { httpTarget } from "../core/http-target.ts";
import { portTarget } from "../core/port-target.ts";
import { Deadline } from "../os/deadline.ts";
import { httpProblem } from "../os/http-probe.ts";
import { connectionProblem } from "../os/probe.ts";
import { errnoText, executableProblem } from "../os/tools.ts";
import { commandProblem } from "./command-check.ts";
import type { HealthOptions } from "./health.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { Turns } from "./turns.ts";

export class Checker {
  readonly #options: HealthOptions;
  readonly #heartbeats: Heartbeats;
  /** Of many that are due at once, as after a sleep of the machine, some begin in each turn. */
  readonly #turns = new Turns((begin: () => void) => begin());

  constructor(options: HealthOptions, heartbeats: Heartbeats) {
    this.#options = options;
    this.#heartbeats = heartbeats;
  }

  /**
   * @param check aborted here when its time is over, and by others when nobody wants to know any more
   * @param seen called once, when nothing of the check is left, with the reason if it has failed
   */
  check(
    config: NodeConfig,
    pid: number,
    check: AbortController,
    seen: (reason?: string) => void,
  ): void {
    const { health } = config;
    if (health === undefined) return seen();
    this.#turns.add(() => {
      if (!check.signal.aborted) this.#begin({ config, health, pid }, check, seen);
    });
  }

  #begin(subject: Subject, check: AbortController, seen: (reason?: string) => void): void {
    const { timeout = HEALTH_DEFAULTS.timeout } = subject.health;
    // Not a timer alone: a stall of ours is no fault of the node's, and what it has said is read first.
    const deadline = new Deadline(timeout, () => check.abort());
    void this.#look(subject, check.signal)
      .catch(problemOf)
      .then((problem) => {
        deadline.callOff();
        const isLate = problem !== undefined && check.signal.aborted;
        seen(isLate ? lateText(subject.health) : problem);
      });
  }

  /** Resolves when it is known, or after `signal`. */
  async #look({ config, health, pid }: Subject, signal: AbortSignal): Promise<string | undefined> {
    if ("heartbeat" in health)
      return (await this.#heartbeats.next(pid, signal)) ? undefined : lateText(health);
    const cwd = path.resolve(config.directory ?? ".");
    if ("command" in health) {
      const env = this.#options.environmentOf(config);
      const [program = ""] = health.command;
      const problem = executableProblem(program, env["PATH"], cwd);
      if (problem !== undefined) return `cannot execute ${program}: ${problem}`;
      const { pipes, prefixOf } = this.#options;
      const command = [...prefixOf(config), ...health.command];
      return commandProblem(command, { env, cwd, signal, pipes }, problemOf);
    }
    if ("http" in health) {
      const target = httpTarget(health.http);
      return target && httpProblem(target, signal, problemOf);
    }
    const target = portTarget(health.port, health.host);
    const error = target && (await connectionProblem(target, cwd, signal));
    return error && problemOf(error);
  }
}

interface Subject {
  config: NodeConfig;
  health: HealthCheck;
  pid: number;
}

function lateText(health: HealthCheck): string {
  return "heartbeat" in health ? "no heartbeat" : "timed out";
}

/** What is used up here, and so kept us from looking, says nothing of the node. */
function problemOf(error: NodeJS.ErrnoException): string | undefined {
  return OURS.has(error.code ?? "") ? undefined : errnoText(error);
}

const OURS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EAGAIN"]);
