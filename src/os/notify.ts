/**
 * What a service manager is told, by systemd's protocol (sd_notify): assignments in a datagram to
 * the socket that NOTIFY_SOCKET names. Node.js has no datagram sockets of that family, so they go
 * through `systemd-notify`, which is wherever systemd is. One process for each message, and none in
 * between: it would outlive an image that is replaced, as a child that nobody waits for.
 */
import { runProgram } from "./spawn.ts";
import { findTool } from "./tools.ts";

/** `READY=1` and the like, by name. */
export type Notice = Readonly<Record<string, string>>;

/** Sends one datagram. @returns whether it was taken */
export type SendNotice = (assignments: readonly string[]) => Promise<boolean>;

/** How to send, or undefined where there is no `systemd-notify`. */
export function systemdNotify(): SendNotice | undefined {
  const tool = findTool("systemd-notify");
  return tool === undefined ? undefined : (assignments) => runProgram(tool, assignments);
}

/** How often the manager wants a sign of life, in milliseconds; undefined: not from this process. */
export function watchdogTime(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: time = "", WATCHDOG_PID: whose = String(pid) } = env;
  if (!/^[1-9]\d*$/.test(time) || whose !== String(pid)) return undefined;
  return Number(time) / 1000;
}

/** Monotonic time in microseconds, as systemd's clock (CLOCK_MONOTONIC) has it. */
export function monotonicMicroseconds(): string {
  return String(process.hrtime.bigint() / 1000n);
}

/** Sends notices one after another; those that wait go together, where that means the same. */
export class Notifier {
  readonly #send: SendNotice;
  readonly #failed: () => void;
  readonly #waiting: Notice[] = [];
  #sending: Promise<void> | undefined;

  /** @param failed called for each notice that did not get out; the next may */
  constructor(send: SendNotice, failed: () => void) {
    this.#send = send;
    this.#failed = failed;
  }

  tell(notice: Notice): void {
    const last = this.#waiting.at(-1);
    if (last === undefined || (isMilestone(last) && isMilestone(notice)))
      this.#waiting.push(notice);
    else this.#waiting[this.#waiting.length - 1] = { ...last, ...notice };
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when everything is out, and no process of ours is left. */
  async idle(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  async #sendAll(): Promise<void> {
    // What is told in one turn goes together.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const assignments = Object.entries(next).map(([name, value]) => `${name}=${value}`);
      if (!(await this.#send(assignments))) this.#failed();
    }
    this.#sending = undefined;
  }
}

/** One of them takes back what another said. */
function isMilestone(notice: Notice): boolean {
  return MILESTONES.some((name) => name in notice);
}

const MILESTONES = ["READY", "RELOADING", "STOPPING"];
