/** When a node that died comes back: Zeek's `Stem::Revive`, made a function of its arguments. */
import type { RevivalPolicy } from "./config.ts";

/** How a process ended; neither code nor signal: it never started, or nobody saw it end. */
export interface Exit {
  code?: number;
  signal?: string;
  /** Of one that was ended since its health checks failed: why. */
  unhealthy?: string;
  /** The kernel ended it for want of memory. */
  oom?: true;
}

/** What revival remembers of a node between its lives. */
export interface Revival {
  /** Revivals since the node was created or last lived for `resetAfter`. */
  attempts: number;
}

export const FRESH: Revival = { attempts: 0 };

export type Verdict =
  | { revive: true; at: number; revival: Revival }
  | { revive: false; revival: Revival };

/**
 * Decides whether and when a node that ended by itself starts again.
 * @param startedAt when it was last started, in monotonic milliseconds like `now`;
 *   the delay counts from there, so a node that outlived its delay is due at once
 */
export function afterDeath(
  revival: Revival,
  exit: Exit,
  startedAt: number,
  now: number,
  policy: RevivalPolicy,
): Verdict {
  const known = now - startedAt >= policy.resetAfter ? FRESH : revival;
  if (!isWanted(exit, policy) || known.attempts >= (policy.limit ?? Number.POSITIVE_INFINITY)) {
    return { revive: false, revival: known };
  }
  return { revive: true, at: startedAt + delayOf(known, policy), revival: known };
}

/** Whether an exit that was not asked for is to be told as a failure: a task may end well. */
export function isPremature(exit: Exit, policy: RevivalPolicy): boolean {
  return policy.when === "always" || exit.code !== 0;
}

/** The state after a revival was tried. */
export function attempted(revival: Revival): Revival {
  return { attempts: revival.attempts + 1 };
}

/** Milliseconds between the last start and the next revival: 1 s three times, then 2 s, … */
export function delayOf(revival: Revival, policy: RevivalPolicy): number {
  const raises = Math.floor(revival.attempts / policy.attemptsPerDelay);
  const delay = policy.delay * policy.factor ** raises;
  return Math.min(delay, policy.maxDelay ?? Number.POSITIVE_INFINITY, LONGEST);
}

/** 30,000 years: keeps a delay that grew beyond all bounds a number that a date can hold. */
const LONGEST = 1e15;

function isWanted(exit: Exit, policy: RevivalPolicy): boolean {
  switch (policy.when) {
    case "always":
      return true;
    case "failure":
      return exit.code !== 0;
    case "never":
      return false;
    default:
      return policy.when satisfies never;
  }
}
