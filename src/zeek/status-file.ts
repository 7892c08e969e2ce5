/** What a Zeek says of itself in the file that `-U` names. */

/** To be deleted before each start: one that was killed leaves its last word. */
export { ZEEK_STATUS as STATUS_FILE } from "../core/readiness.ts";

export type ZeekState = "INITIALIZING" | "RUNNING" | "TERMINATING" | "TERMINATED";

/**
 * @param text one line, "RUNNING [run_loop]"; reasons may be of several words. Zeek rewrites the file
 *   in place, so it can be seen empty or half-written: that says nothing yet.
 */
export function parseStatus(text: string): ZeekState | undefined {
  const [word = ""] = text.trimStart().split(/\s/, 1);
  return STATES.find((state) => state === word);
}

const STATES: readonly ZeekState[] = ["INITIALIZING", "RUNNING", "TERMINATING", "TERMINATED"];
