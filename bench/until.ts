/** Waiting for facts while measuring: each has a deadline, after which the bench gives up. */

const DEADLINE_MS = 20_000;
const LOOK_MS = 5;

/** @throws Error after the deadline (milliseconds) */
export async function until<Fact>(
  what: string,
  fact: () => Fact | undefined | false,
  deadline = DEADLINE_MS,
): Promise<Fact> {
  const end = performance.now() + deadline;
  for (;;) {
    const value = fact();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain for ${what}`);
    await pause(LOOK_MS);
  }
}

/** Lets time pass that is itself part of what is measured. @param ms milliseconds */
export function pause(ms: number): Promise<void> {
  return new Promise((over) => setTimeout(over, ms));
}
