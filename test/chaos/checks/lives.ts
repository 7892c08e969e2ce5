/**
 * Every wanted node comes back within its delay, none dies without a reason, and what was told to stop
 * stays so. "Every node" is every kind but those that are to end.
 */
import type { Excuses } from "../excuses.ts";
import { DELAY_MS, type Kind } from "../nodes/kinds.ts";
import { patient } from "../patience.ts";
import type { Look, Looker } from "../process-watch.ts";
import { commandOf, type Seen } from "../processes.ts";
import type { Wanted } from "../wanted.ts";

/**
 * What a return may take beyond its delay, on a machine that has much else to do: what is left of the
 * last life is told to end first, and killed later (ms).
 */
const SLACK_MS = 12_000;

interface Record {
  leader: Seen | undefined;
  /** When it was first seen, or first missed (monotonic ms). */
  since: number;
  startedAt: number;
  isTold: boolean;
}

export class Lives implements Looker {
  /** How late each return came, beyond when it was due (ms): nothing had kept it back. */
  readonly late: number[] = [];
  returns = 0;
  readonly #kinds: readonly Kind[];
  readonly #excuses: Excuses;
  readonly #wanted: Wanted;
  readonly #fault: (text: string) => void;
  readonly #records = new Map<string, Record>();

  constructor(
    kinds: readonly Kind[],
    excuses: Excuses,
    wanted: Wanted,
    fault: (text: string) => void,
  ) {
    this.#kinds = kinds;
    this.#excuses = excuses;
    this.#wanted = wanted;
    this.#fault = fault;
  }

  look({ at, leaders }: Look): void {
    for (const kind of this.#kinds) {
      const { name } = kind.config;
      const leader = leaders.get(name);
      let record = this.#records.get(name);
      if (record === undefined) {
        record = { leader, since: at, startedAt: at, isTold: false };
        this.#records.set(name, record);
      }
      if (record.leader?.pid !== leader?.pid || record.leader?.startTime !== leader?.startTime)
        this.#changed(kind, record, leader, at);
      else if (leader === undefined) this.#missing(kind, record, at);
    }
  }

  /** How many starts were seen. */
  #changed(kind: Kind, record: Record, leader: Seen | undefined, at: number): void {
    const { name } = kind.config;
    const { leader: last } = record;
    if (last !== undefined) {
      if (kind.life === "lasts" && this.#excuses.deathOf(name, at) === undefined)
        this.#fault(`'${name}' (PID ${last.pid}) has ended, and nothing was done to it`);
      record.since = at;
    }
    if (leader !== undefined) {
      if (this.#wanted.isToBeStopped(kind))
        this.#fault(`'${name}' was told to stop, and runs as PID ${leader.pid}`);
      if (this.#wanted.isToRun(kind)) this.#returned(record, name, at);
      record.startedAt = at;
    }
    record.leader = leader;
    record.isTold = false;
  }

  #returned(record: Record, name: string, at: number): void {
    this.returns++;
    if (this.#excuses.keptUntil(name, record.since) !== undefined) return;
    this.late.push(Math.max(0, at - Math.max(record.since, record.startedAt + DELAY_MS)));
  }

  #missing(kind: Kind, record: Record, at: number): void {
    if (!this.#wanted.isToRun(kind) || record.isTold) return;
    const names = [kind.config.name, ...(kind.after === undefined ? [] : this.#before(kind))];
    const kept = names.map((name) => this.#excuses.keptUntil(name, record.since) ?? 0);
    const due =
      Math.max(record.since, record.startedAt + DELAY_MS, ...kept) + DELAY_MS * names.length;
    if (at < due + patient(SLACK_MS)) return;
    record.isTold = true;
    const missed = ((at - record.since) / 1000).toFixed(1);
    this.#fault(`'${kind.config.name}' has not come back: ${missed} s without a process`);
  }

  /** Those that it comes after, directly or through others. */
  #before(kind: Kind): string[] {
    const other = this.#kinds.find(({ config }) => config.name === kind.after);
    return other === undefined ? [] : [other.config.name, ...this.#before(other)];
  }
}

/** For people: what of a tree there is. */
export function drawn(seen: readonly Seen[]): string[] {
  return seen.map(
    ({ pid, parent, group, state, node }) =>
      `${pid} parent ${parent} group ${group} ${state} ${node ?? ""}  ${commandOf(pid).slice(0, 120)}`,
  );
}
