/** Times and amounts as people read them, and what becomes of a node in a few words. */
import type { NodeStatus } from "../../core/status.ts";
import { LOOK_WORDS, lookOf } from "./look.ts";
import { printable } from "./printable.ts";

/** `5s`, `2m 5s`, `3h 12m`, `4d 3h`: never negative, though clocks may differ. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** Of something short: `340 ms`, then as durations are. */
export function briefly(milliseconds: number): string {
  const most = Math.max(0, milliseconds);
  if (most < 1000) return `${Math.round(most)} ms`;
  return most < 60_000 ? `${(most / 1000).toFixed(1)}s` : duration(most);
}

/** Bytes: `512 KiB`, `12.3 MiB`: three digits at least. */
export function memoryText(bytes: number): string {
  let amount = bytes / 1024;
  let unit = 0;
  for (; amount >= 1000 && unit < UNITS.length - 1; unit++) amount /= 1024;
  return `${amount < 100 && unit > 0 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

/** How a process ended. */
export interface EndOf {
  code?: number;
  signal?: string;
  /** Why it was ended, if it was for its health. */
  unhealthy?: string;
}

/** CPUs in use: `0.4%`, `12%`, `230%`. */
export function loadText(load: number): string {
  const percent = load * 100;
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** `status 1`, `signal SIGKILL`; `unhealthy` of one that was ended for that. */
export function exitText({ code, signal, unhealthy }: EndOf): string {
  if (unhealthy !== undefined) return "unhealthy";
  if (signal !== undefined) return `signal ${printable(signal)}`;
  return code === undefined ? "unknown" : `status ${code}`;
}

/** `waiting (3s)`, where there is little room. */
export function shortStateText(status: NodeStatus, now: number): string {
  const { nextStart, state, waitsFor = [] } = status;
  if (status.health !== undefined) return checksText(status.health);
  if (state !== "waiting" || nextStart === undefined || waitsFor.length > 0)
    return stateText(status, now);
  return `${LOOK_WORDS.waiting} (${durationUntil(nextStart, now)})`;
}

/** `waiting, starts in 3s`; `pending, for logger-1`; `not ready`. */
export function stateText(status: NodeStatus, now: number): string {
  const word = LOOK_WORDS[lookOf(status)];
  const { waitsFor = [], nextStart, health } = status;
  if (health !== undefined) return `${checksText(health)}: ${printable(health.reason)}`;
  if (waitsFor.length > 0) return `${word}, for ${namesInWords(waitsFor)}`;
  if (status.state !== "waiting" || nextStart === undefined) return word;
  return nextStart <= now
    ? `${word}, starts now`
    : `${word}, starts in ${durationUntil(nextStart, now)}`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** How often a node was started again. */
export function revivalsOf({ generation }: NodeStatus): number {
  return Math.max(0, generation - 1);
}

function checksText({ failures, limit }: { failures: number; limit: number }): string {
  return `${LOOK_WORDS.ailing} (${failures} of ${limit})`;
}

/** Rounded up, so that it is not there before. */
function durationUntil(at: number, now: number): string {
  return duration(Math.ceil((at - now) / 1000) * 1000);
}

function namesInWords(names: readonly string[]): string {
  const shown = names.slice(0, 2).map(printable).join(", ");
  return names.length > 2 ? `${shown} and ${names.length - 2} more` : shown;
}

const UNITS = ["KiB", "MiB", "GiB", "TiB"];
