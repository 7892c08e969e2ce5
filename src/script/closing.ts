/** What a process that runs scripts has to bring to an end before it exits. */
import { within } from "../os/within.ts";

/**
 * How long it may take in all (ms): whoever waits for a peer that does not read waits for ever. Not
 * less, since one that does read may stand still for a while on a busy machine.
 */
const CLOSING_MS = 5_000;

const acts = new Set<() => Promise<void>>();
let ending = false;

/** This process has been told to end; what is open is closed once `done` is over. */
export function startEnding(): void {
  ending = true;
}

export function isEnding(): boolean {
  return ending;
}

/** Has `act` called when the process ends, however often it is asked for. */
export function beforeExit(act: () => Promise<void>): void {
  acts.add(act);
}

/** Resolves when everything is closed, or the time for that is over. Never rejects. */
export async function closeAll(): Promise<void> {
  const closed = Promise.allSettled([...acts].map((act) => act()));
  await within(CLOSING_MS, closed, () => {});
}
