/** Deadlines are for a machine that has time: on one that has more to do than it can they are longer. */
import os from "node:os";

const CORES = os.availableParallelism();

/** @param ms on a machine where each core has two processes to run at most */
export function patient(ms: number): number {
  const [load = 0] = os.loadavg();
  return ms * Math.max(1, load / (2 * CORES));
}
