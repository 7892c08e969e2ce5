/** CPU and memory of a node over the last minutes, from samples of what its processes have used. */
import type { Usage } from "../../core/api.ts";

export interface Load {
  /** CPUs in use, and bytes, from the oldest sample to the newest. */
  cpu: readonly number[];
  memory: readonly number[];
  /** What the next sample is compared with. */
  last?: { at: number; cpu: number; pid: number | undefined };
}

export const NO_LOAD: Load = { cpu: [], memory: [] };
/** Samples that are kept: at one in two seconds, three minutes. */
export const SAMPLES = 90;

/**
 * @param usage undefined: no process of it lives
 * @param pid of the node's process: another one has begun to count anew
 * @param at monotonic milliseconds
 */
export function sampled(
  load: Load,
  usage: Usage | undefined,
  pid: number | undefined,
  at: number,
): Load {
  if (usage === undefined || pid === undefined) {
    if (load.last === undefined && load.cpu.every((one) => one === 0)) return load;
    return { cpu: pushed(load.cpu, 0), memory: pushed(load.memory, 0) };
  }
  const { last } = load;
  const memory = pushed(load.memory, usage.memory);
  const next = { at, cpu: usage.cpu, pid };
  // Of a process that is new to us we do not know how long it took for what it has used.
  if (last === undefined || last.pid !== pid || at <= last.at)
    return { cpu: load.cpu, memory, last: next };
  // A child that has ended has taken its time along.
  const used = Math.max(0, usage.cpu - last.cpu) / (at - last.at);
  return { cpu: pushed(load.cpu, used), memory, last: next };
}

/** Several nodes as one. */
export function summed(loads: readonly Load[]): Load {
  return {
    cpu: sumOf(loads.map(({ cpu }) => cpu)),
    memory: sumOf(loads.map(({ memory }) => memory)),
  };
}

/** The newest sample belongs to the newest, however many there are. */
function sumOf(lists: readonly (readonly number[])[]): number[] {
  const length = lists.reduce((most, { length }) => Math.max(most, length), 0);
  const sum = new Array<number>(length).fill(0);
  for (const list of lists) {
    const offset = length - list.length;
    for (const [index, value] of list.entries())
      sum[offset + index] = (sum[offset + index] ?? 0) + value;
  }
  return sum;
}

function pushed(list: readonly number[], value: number): readonly number[] {
  return list.length < SAMPLES ? [...list, value] : [...list.slice(1 - SAMPLES), value];
}
