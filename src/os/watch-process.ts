/** The end of a process that this one has not started itself, or not in this life. */
import os from "node:os";
import type { Exit } from "../core/revival.ts";
import { statFields } from "./proc-stat.ts";
import { isRunning } from "./process-table.ts";

export interface Watched {
  /** It may have ended just now: looks again at once, and often for a while. */
  look(): void;
}

/** How often to look (ms): all the time, and while there is reason to. */
const LOOK_MS = 1_000;
const SOON_MS = 10;
const SOON_LOOKS = 100;

/**
 * Calls back once when the process has ended.
 * @param startTime with the number it names the process for good; see `ProcessStat`
 */
export function watchProcess(
  pid: number,
  startTime: number | undefined,
  exited: (exit: Exit) => void,
): Watched {
  let soon = 0;
  let timer = setTimeout(look, LOOK_MS);
  let isOver = false;
  function look(): void {
    if (isOver) return;
    clearTimeout(timer);
    if (!isRunning(pid, startTime)) {
      isOver = true;
      return exited(exitOf(pid, startTime));
    }
    if (soon > 0) soon--;
    timer = setTimeout(look, soon > 0 ? SOON_MS : LOOK_MS);
  }
  return {
    look: () => {
      soon = SOON_LOOKS;
      look();
    },
  };
}

/** A child that nobody fetches stays as a zombie, and the kernel tells how it ended. */
function exitOf(pid: number, startTime: number | undefined): Exit {
  const fields = statFields(pid);
  if (fields?.[0] !== "Z" || Number(fields[19]) !== startTime) return {};
  const status = Number(fields[EXIT_STATUS]);
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff };
  const name = Object.entries(os.constants.signals).find(([, number]) => number === signal)?.[0];
  return name === undefined ? {} : { signal: name as NodeJS.Signals };
}

/** As `statFields` counts; the 52nd in proc(5). */
const EXIT_STATUS = 49;
