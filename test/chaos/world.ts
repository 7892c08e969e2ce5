/** What troubles and checks know of the run. */
import type { Excuses } from "./excuses.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Kind } from "./nodes/kinds.ts";
import { patient } from "./patience.ts";
import type { ProcessWatch } from "./process-watch.ts";
import type { ChaosTree } from "./tree.ts";
import type { Wanted } from "./wanted.ts";

export interface World {
  /** Of the run: everything that it writes is below it. */
  directory: string;
  /** A file system of its own that has little room; undefined where none can be made. */
  cramped: string | undefined;
  /** The state directory, if it has a file system of its own. */
  crampedState: string | undefined;
  kinds: readonly Kind[];
  tree: ChaosTree;
  processes: ProcessWatch;
  excuses: Excuses;
  wanted: Wanted;
  faults: Faults;
  journal: Journal;
  /**
   * Starts a Supervisor, and again where one could not start for want of room on its disk, as whoever
   * looks after it would. Resolves when it answers; with `false` if it does not.
   */
  grow(keep: number | undefined): Promise<boolean>;
  /** There is no room on the disk of the state directory. @returns what ends that */
  noRoom(): () => void;
  /** What one of the two had in its hands is lost, or is about to be. @param stem whose nodes it is about */
  lost(who: "Supervisor" | "Stem", stem?: number): void;
  /** Whether that has been so since the last calm. */
  readonly hasLost: boolean;
  /**
   * Whether since then a Supervisor was killed whose tree lives on: with it goes a printed word of
   * readiness that it had read, and not told its Stem.
   */
  readonly mayLackWords: boolean;
  /** Whether there was a reload since the last calm: it may still go on. */
  hasReloads: boolean;
  /** How many reloads have been done, or given up. */
  readonly reloads: number;
  /** What is called when all is calm again. */
  untilCalm(over: () => void): void;
  /** Has nobody read what the Supervisor prints. @returns what ends that */
  stopReading(): () => void;
  /** Aborted when the run is to end at once. */
  stop: AbortSignal;
}

/** Waits, for so long or until the run is to end (ms). */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((over) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      over();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}

/** Waits for a fact. @returns whether it came in time (ms, on a machine that has time) */
export async function waitFor(
  fact: () => boolean | Promise<boolean>,
  ms: number,
  stop: AbortSignal,
): Promise<boolean> {
  const begun = performance.now();
  while (!stop.aborted) {
    if (await fact()) return true;
    if (performance.now() > begun + patient(ms)) return false;
    await pause(LOOK_MS, stop);
  }
  return false;
}

const LOOK_MS = 40;
