/**
 * Looks now and then at what each node's process uses: of one that has died the system tells nothing
 * any more, not even to its parent, since Node.js fetches the zombie before anybody hears of the death.
 */
import { type Sample, sampleOf } from "../os/process-sample.ts";

export interface Sampled extends Sample {
  /** Unix time in milliseconds. */
  sampledAt: number;
}

interface Watched {
  pid: number;
  /** Monotonic milliseconds. */
  nextLook: number;
  interval: number;
  last?: Sampled;
}

export interface SamplerPorts {
  now(): number;
  wall(): number;
  sample(pid: number): Sample | undefined;
  /** @returns what cancels it */
  after(ms: number, act: () => void): () => void;
}

/**
 * The first look comes soon, since many die soon; later ones come ever more rarely. All that are looked
 * at as often are looked at together, so that a tree that idles is woken once for all of them.
 */
export const FIRST_MS = 1_000;
export const RAREST_MS = 10_000;
/** How many are looked at before others get their turn: each takes some 50 µs. */
const AT_ONCE = 50;

export class Sampler {
  readonly #ports: SamplerPorts;
  /** By node. */
  readonly #watched = new Map<string, Watched>();
  #cancel: (() => void) | undefined;
  #armedFor = 0;

  constructor(ports: SamplerPorts = systemPorts) {
    this.#ports = ports;
  }

  started(node: string, pid: number): void {
    const nextLook = tickAfter(this.#ports.now(), FIRST_MS);
    this.#watched.set(node, { pid, nextLook, interval: FIRST_MS });
    this.#arm(nextLook);
  }

  /** What was seen last of this process, which is not looked at any more. */
  ended(node: string, pid: number): Sampled | undefined {
    const watched = this.#watched.get(node);
    if (watched?.pid !== pid) return undefined;
    this.#watched.delete(node);
    return watched.last;
  }

  /** A name is free for good. */
  forget(node: string): void {
    this.#watched.delete(node);
  }

  #arm(at: number): void {
    if (this.#cancel !== undefined && this.#armedFor <= at) return;
    this.#cancel?.();
    this.#armedFor = at;
    this.#cancel = this.#ports.after(Math.max(0, at - this.#ports.now()), () => {
      this.#cancel = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { now, sample, wall } = this.#ports;
    const at = now();
    let next = Number.POSITIVE_INFINITY;
    let looked = 0;
    for (const watched of this.#watched.values()) {
      if (watched.nextLook <= at && looked < AT_ONCE) {
        looked++;
        const seen = sample(watched.pid);
        if (seen !== undefined) watched.last = { ...seen, sampledAt: wall() };
        watched.interval = Math.min(watched.interval * 2, RAREST_MS);
        watched.nextLook = tickAfter(at, watched.interval);
      }
      next = Math.min(next, watched.nextLook);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }
}

/** The tick of that interval which is nearest to one interval later: the same for everybody. */
function tickAfter(at: number, interval: number): number {
  return Math.ceil((at + interval / 2) / interval) * interval;
}

const systemPorts: SamplerPorts = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sample: sampleOf,
  after(ms, act) {
    // What is left of a look is for the next turn: a timer would have the process sleep before each.
    if (ms === 0) {
      const immediate = setImmediate(act);
      immediate.unref();
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(act, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
