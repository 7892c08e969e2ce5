/** What supervising processes use, of which some may end while they are looked at. */
import { activityOf, memoryOf } from "../processes.ts";

/** Memory in KB: their own, and with their share of what is shared. */
export function memoryOfAll(pids: readonly number[]): { own: number; pss: number } {
  const sum = { own: 0, pss: 0 };
  for (const pid of pids) {
    const memory = orNone(() => memoryOf([pid]));
    sum.own += (memory?.own ?? 0) * 1000;
    sum.pss += (memory?.pss ?? 0) * 1000;
  }
  return sum;
}

export type Activity = Map<number, { switches: number; cpu: number }>;

export function activity(pids: readonly number[]): Activity {
  const found: Activity = new Map();
  for (const pid of pids) {
    const one = orNone(() => activityOf([pid]));
    if (one !== undefined) found.set(pid, one);
  }
  return found;
}

/** Switches and milliseconds of CPU time since then, of those that were there already. */
export function since(before: Activity): { switches: number; cpu: number } {
  const sum = { switches: 0, cpu: 0 };
  for (const [pid, after] of activity([...before.keys()])) {
    sum.switches += after.switches - (before.get(pid)?.switches ?? 0);
    sum.cpu += after.cpu - (before.get(pid)?.cpu ?? 0);
  }
  return sum;
}

function orNone<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined; // It has ended.
  }
}
