/** When a process that is ready is checked, and what the outcomes come to. */

export interface CheckRules {
  /** What people call the check. */
  what: string;
  /** From an outcome to the next check (ms). */
  interval: number;
  /** How many checks have to fail in a row. */
  failures: number;
  /** From its being ready to the first check (ms). */
  first: number;
}

/** What is known of a process's health. */
export type Health =
  /** It is not checked, or not yet. */
  | { tag: "unchecked" }
  /** To be checked when the time has come. */
  | ({ tag: "due"; checkAt: number } & Known)
  /** The outcome of a check has yet to come. */
  | ({ tag: "checking" } & Known);

interface Known {
  /** When it was last seen to be well, or became ready (monotonic milliseconds). */
  wellAt: number;
  trouble?: HealthTrouble;
}

/** Checks that have failed, with none in between that has not. */
export interface HealthTrouble {
  failures: number;
  /** How many it takes. */
  limit: number;
  /** Why the last one failed. */
  reason: string;
}

/** Of a process that has just become ready. */
export function firstHealth(rules: CheckRules | undefined, now: number): Health {
  if (rules === undefined) return { tag: "unchecked" };
  return { tag: "due", checkAt: now + rules.first, wellAt: now };
}

export function beginCheck({ checkAt: _, ...known }: Extract<Health, { tag: "due" }>): Health {
  return { ...known, tag: "checking" };
}

/** @param reason why the check failed, if it did */
export function afterCheck(
  { wellAt, trouble }: Extract<Health, { tag: "checking" }>,
  reason: string | undefined,
  rules: CheckRules,
  now: number,
): Extract<Health, { tag: "due" }> {
  const checkAt = now + rules.interval;
  if (reason === undefined) return { tag: "due", checkAt, wellAt: now };
  const failures = (trouble?.failures ?? 0) + 1;
  return { tag: "due", checkAt, wellAt, trouble: { failures, limit: rules.failures, reason } };
}

export function troubleOf(health: Health): HealthTrouble | undefined {
  return health.tag === "unchecked" ? undefined : health.trouble;
}

/** `health check 'port 80' failed 3 times: Connection refused`. */
export function unhealthyText({ what }: CheckRules, { failures, reason }: HealthTrouble): string {
  return `health check '${what}' failed ${timesText(failures)}: ${reason}`;
}

/** `once`, `3 times`. */
export function timesText(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
