/** What this very process uses. */
import fs from "node:fs";

export interface OwnUsage {
  /** CPU time in seconds. */
  cpu: number;
  /** Unix time in seconds. */
  startTime: number;
  /** Resident memory, and what JavaScript's objects take of it, in bytes. */
  memory: number;
  heap: number;
  /** Files that it has open, and may have open at most; unset where the system does not tell. */
  openFiles: number | undefined;
  mostFiles: number | undefined;
}

export function ownUsage(): OwnUsage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpu: (user + system) / 1e6,
    startTime: performance.timeOrigin / 1000,
    memory: rss,
    heap: heapUsed,
    openFiles: openFiles(),
    mostFiles: mostFiles(),
  };
}

function openFiles(): number | undefined {
  try {
    return fs.readdirSync("/proc/self/fd").length - 1; // One is the directory's own.
  } catch {
    return undefined;
  }
}

/** No limit is a limit that nobody reaches. */
function mostFiles(): number | undefined {
  try {
    const limits = fs.readFileSync("/proc/self/limits", "utf8");
    const limit = /^Max open files +(\S+)/m.exec(limits)?.[1];
    return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return undefined;
  }
}
