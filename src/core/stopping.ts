/** How a process is made to end: Zeek's `Stem::KillNode`, one signal at a time. */
import type { StopPolicy } from "./config.ts";

/** A stop under way: signals sent so far, and when the next is due (monotonic milliseconds). */
export interface StopProgress {
  shots: number;
  next: number;
}

/** A stop policy together with whether SIGKILL may be used at all (`COPPICE_NO_SIGKILL`). */
export interface StopRules extends StopPolicy {
  sigkill: boolean;
}

/** The signal that is due now, and what is due after it. `shots` counts those sent before. */
export function nextSignal(
  shots: number,
  now: number,
  rules: StopRules,
): { signal: NodeJS.Signals; stop: StopProgress } {
  const kill = rules.sigkill && shots >= rules.attempts;
  return {
    signal: kill ? "SIGKILL" : rules.signal,
    stop: { shots: shots + 1, next: now + rules.interval },
  };
}

/** What is left of a group after its leader has gone gets one SIGTERM, and then SIGKILL. */
export function forRemains(rules: StopRules): StopRules {
  return { ...rules, signal: "SIGTERM", attempts: Math.min(1, rules.attempts) };
}

/**
 * How long to wait before looking again whether a group is empty, in milliseconds.
 * The kernel does not tell, so the looks start close together and thin out.
 */
export function lookAgainAfter(looks: number): number {
  return Math.min(5 * 2 ** Math.min(looks, 5), 100);
}
