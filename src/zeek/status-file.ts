/** What a Zeek says of itself in the file that `-U` names. */

/** In the node's directory. To be deleted before each start: one that was killed leaves its last word. */
export const STATUS_FILE = ".status";

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
