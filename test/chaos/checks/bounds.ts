/** Memory and descriptors stay bounded: whatever was done, what was taken is given back. */
import { openDescriptors, privateMemory } from "../../../scripts/fuzz/process.ts";

/** More than any of the two needs for such a tree, whatever it goes through (bytes). */
const MOST_MEMORY = { Supervisor: 250 * 2 ** 20, Stem: 150 * 2 ** 20 } as const;
/** What may come and go between two looks: of nodes that die and start all the time. */
const DESCRIPTOR_SLACK = 16;

export type Who = keyof typeof MOST_MEMORY;

interface Base {
  pid: number;
  descriptors: number;
}

export class Bounds {
  /** The most memory that each had (bytes), and the most descriptors. */
  readonly most = {
    Supervisor: { memory: 0, descriptors: 0 },
    Stem: { memory: 0, descriptors: 0 },
  };
  readonly #fault: (text: string) => void;
  readonly #bases = new Map<Who, Base>();

  constructor(fault: (text: string) => void) {
    this.#fault = fault;
  }

  /** At any time. */
  look(who: Who, pid: number): void {
    const memory = privateMemory(pid);
    const most = this.most[who];
    most.memory = Math.max(most.memory, memory);
    most.descriptors = Math.max(most.descriptors, openDescriptors(pid));
    if (memory > MOST_MEMORY[who])
      this.#fault(`the ${who} (PID ${pid}) holds ${Math.round(memory / 2 ** 20)} MiB`);
  }

  /**
   * Where all is quiet. What a process has at its first such moment is what it needs.
   * @returns what it has too much of
   */
  excess(who: Who, pid: number): string | undefined {
    const descriptors = openDescriptors(pid);
    const base = this.#bases.get(who);
    if (base === undefined || base.pid !== pid) {
      this.#bases.set(who, { pid, descriptors });
      return undefined;
    }
    base.descriptors = Math.min(base.descriptors, descriptors);
    if (descriptors <= base.descriptors + DESCRIPTOR_SLACK) return undefined;
    return `the ${who} (PID ${pid}) has ${descriptors} descriptors, and had ${base.descriptors}`;
  }
}
