/** What became of a node, as an event and in words. */
import os from "node:os";
import type { TreeEvent, TreeEventKind } from "../core/api.ts";
import { timesText } from "../core/checking.ts";
import type { News } from "../core/life.ts";
import { type Amount, sizeText } from "../core/limits.ts";
import type { Exit } from "../core/revival.ts";
import type { NodeStatus } from "../core/status.ts";

/**
 * @param pid of the process that the news is of
 * @param at Unix time
 * @param isKnown whether there is a node of a name
 */
export function tidings(
  news: News,
  pid: number,
  status: NodeStatus,
  at: number,
  isKnown: IsKnown,
): TreeEvent {
  const { name } = status.node;
  const { kind, text } = describe(news, pid, status, isKnown);
  return { kind, at, text: `node '${name}' ${text}`, node: name, status };
}

/** Zeek's words (`Stem::Reap`). */
export function howItDied({ code, signal, oom }: Exit, memoryMax?: Amount): string {
  if (oom === true) return `was ${outOfMemory(memoryMax)}`;
  return signal === undefined
    ? `exited prematurely with status ${code ?? 0}`
    : `terminated prematurely by signal ${signalNumber(signal)}`;
}

/** `killed by the kernel: out of memory (limit 512M)`; without a limit the machine had no more. */
export function outOfMemory(memoryMax: Amount | undefined): string {
  const limit = memoryMax === undefined ? "" : ` (limit ${sizeText(memoryMax)})`;
  return `killed by the kernel: out of memory${limit}`;
}

export function withWhat({ code, signal }: Exit): string {
  return signal === undefined ? `with exit code ${code ?? 1}` : `by signal ${signalNumber(signal)}`;
}

/** `failed its health check 3 times (Connection refused): restarting it`. */
export function howItFails({ trouble, revived }: Extract<News, { kind: "unhealthy" }>): string {
  const { failures, reason } = trouble;
  const what = `failed its health check ${timesText(failures)} (${reason})`;
  return `${what}: ${revived ? "restarting it" : "its policy starts it no more"}`;
}

/** `for 'a', 'b'`. */
export function waitText({ waitsFor = [] }: NodeStatus): string {
  return `for ${inWords(waitsFor)}`;
}

/** How a node looks to one that waits for it. */
export function standing(status: NodeStatus | undefined): string {
  if (status === undefined) return "there is no such node";
  return status.ready === false ? `${status.state}, not ready` : status.state;
}

/** `without 'db', failed for too long, and without 'typo': there is no such node`. */
export function withoutText(without: readonly string[], isKnown: IsKnown): string {
  const failed = without.filter(isKnown);
  const missing = without.filter((name) => !isKnown(name));
  return [
    ...(failed.length === 0 ? [] : [`without ${inWords(failed)}, failed for too long`]),
    ...(missing.length === 0 ? [] : [`without ${inWords(missing)}: there is no such node`]),
  ].join(", and ");
}

type IsKnown = (name: string) => boolean;

function inWords(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

function describe(
  news: News,
  pid: number,
  status: NodeStatus,
  isKnown: IsKnown,
): { kind: TreeEventKind; text: string } {
  switch (news.kind) {
    case "started":
      if (news.revived) return { kind: "revived", text: `was revived (PID ${pid})` };
      return { kind: "started", text: `was started (PID ${pid})` };
    case "failed":
      return { kind: "failed", text: `could not be started${whatNext(status)}` };
    case "ready":
      return { kind: "ready", text: `is ready (PID ${pid})` };
    case "checked":
      return { kind: "changed", text: healthText(status) };
    case "unhealthy":
      return { kind: "unhealthy", text: `(PID ${pid}) ${howItFails(news)}` };
    case "blocked":
      return { kind: "changed", text: `still waits to start, ${waitText(status)}` };
    case "impatient":
      return { kind: "changed", text: `starts ${withoutText(news.without, isKnown)}` };
    case "exited":
      // What is next follows as a change of its own.
      return { kind: "exited", text: `(PID ${pid}) ${endText(news.exit, status)}` };
    case "changed":
    case "gone":
      return { kind: "changed", text: `is ${status.state}${whatNext(status)}` };
    default:
      return news satisfies never;
  }
}

function endText(exit: Exit, { node }: NodeStatus): string {
  const { oom, unhealthy } = exit;
  if (oom === true) return `was ${outOfMemory(node.memoryMax)}`;
  return `ended ${withWhat(exit)}${unhealthy === undefined ? "" : `: ${unhealthy}`}`;
}

function healthText({ health }: NodeStatus): string {
  if (health === undefined) return "passes its health checks again";
  const { failures, limit, reason } = health;
  return `failed a health check (${failures} of ${limit}): ${reason}`;
}

function whatNext(status: NodeStatus): string {
  const { nextStart, since, state, waitsFor = [] } = status;
  if (waitsFor.length > 0) return `, and waits ${waitText(status)}`;
  if (state !== "waiting" || nextStart === undefined) return "";
  return `; the next start is due in ${Math.max(0, nextStart - since)} ms`;
}

/** Zeek, like the kernel, tells signals by their numbers. */
function signalNumber(name: string): number | string {
  return os.constants.signals[name as NodeJS.Signals] ?? name;
}
