/** Lives through the seeds that it is given, and says what was counted. */
import "../../test/simulation/observed/observe.ts";
import { parentPort } from "node:worker_threads";
import type { Counts, Tally } from "../../test/simulation/observed/tally.ts";

/** Seeds from the first on. */
export interface Chunk {
  from: number;
  count: number;
}

export interface Outcome {
  chunk: Chunk;
  /** Since the worker began, by machine. */
  counts: Record<string, Counts>;
  /** What is not as it must be, with its seed and story. */
  problem?: string;
}

// Only now, since what they load is counted.
const { simulate } = await import("../../test/simulation/simulate.ts");
const tallies: Tally[] = [
  (await import("../../test/simulation/observed/node.ts")).tally,
  (await import("../../test/simulation/observed/roster.ts")).tally,
  (await import("../../test/simulation/observed/stem-life.ts")).tally,
];

parentPort?.on("message", (chunk: Chunk) => void live(chunk));

async function live(chunk: Chunk): Promise<void> {
  const outcome: Outcome = { chunk, counts: {} };
  try {
    for (let seed = chunk.from; seed < chunk.from + chunk.count; seed++) await simulate(seed);
  } catch (error) {
    outcome.problem = (error as Error).message;
  }
  for (const { machine, counts } of tallies) outcome.counts[machine.name] = counts;
  parentPort?.postMessage(outcome);
}
