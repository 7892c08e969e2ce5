/** Looks at the processes of the run all the time, and has each look checked. */
import { commandOf, lives, ProcessScan, type Seen } from "./processes.ts";

/** From one look to the next (ms). */
const EVERY_MS = 80;
/** A look that comes so late shows that the machine stood still (ms). */
const STANDSTILL_MS = 700;

export interface Look {
  /** Monotonic milliseconds: when it began. */
  at: number;
  seen: readonly Seen[];
  /** The process of each node, by name. */
  leaders: ReadonlyMap<string, Seen>;
  stem: Seen | undefined;
}

export interface Looker {
  look(look: Look): void;
}

export class ProcessWatch {
  readonly #scan: ProcessScan;
  readonly #fault: (text: string) => void;
  readonly #stoodStill: (since: number) => void;
  readonly #lookers: Looker[] = [];
  #last: Look | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param stoodStill called where time has passed in which nothing was seen */
  constructor(
    directory: string,
    fault: (text: string) => void,
    stoodStill: (since: number) => void,
  ) {
    this.#scan = new ProcessScan(directory);
    this.#fault = fault;
    this.#stoodStill = stoodStill;
  }

  begin(...lookers: Looker[]): void {
    this.#lookers.push(...lookers);
    this.look();
    this.#timer = setInterval(() => this.look(), EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Looks now. */
  look(): Look {
    const at = performance.now();
    const before = this.#last?.at ?? at;
    const seen = this.#scan.look();
    if (performance.now() - before > STANDSTILL_MS) this.#stoodStill(before);
    const leaders = new Map<string, Seen>();
    for (const one of seen) {
      if (one.node === undefined || !one.isLeader) continue;
      const other = leaders.get(one.node);
      if (other !== undefined) this.#twice(one.node, other, one);
      leaders.set(one.node, one);
    }
    const stems = seen.filter(({ pid, parent, node }) => {
      // What a Stem starts is its image until it has taken on its own.
      return node === undefined && isStem(pid) && !isStem(parent);
    });
    const [stem, second] = stems.sort((a, b) => b.startTime - a.startTime);
    if (stem !== undefined && second !== undefined) this.#twice("the Stem", second, stem);
    this.#last = { at, seen, leaders, stem };
    for (const looker of this.#lookers) looker.look(this.#last);
    return this.#last;
  }

  /** The newest look. */
  get last(): Look {
    return this.#last ?? this.look();
  }

  /** Between seeing one and seeing the other the first may have gone: only if it still lives there are two. */
  #twice(what: string, one: Seen, other: Seen): void {
    if (!lives(one) || !lives(other)) return;
    const told = [one, other].map(({ pid }) => `PID ${pid} (${commandOf(pid)})`);
    this.#fault(`two processes of ${what}: ${told.join(" and ")}`);
  }
}

export function isStem(pid: number): boolean {
  return commandOf(pid).startsWith("coppice: stem");
}
