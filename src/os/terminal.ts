/** The terminal that this process was started from. */
import { statFields } from "./proc-stat.ts";

/** Whether there is one, which sends SIGHUP to its processes when it is closed. */
export function hasTerminal(): boolean {
  return Number(statFields(process.pid)?.[TTY]) > 0;
}

/** As `statFields` counts; the 7th in proc(5): 0 is none. */
const TTY = 4;
