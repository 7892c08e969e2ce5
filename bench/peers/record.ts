/** What was measured, as it is kept: the page is made of it, and parts can be measured anew. */
import { type Series, seriesOf } from "../statistics.ts";

export interface Row {
  peer: string;
  value?: Series;
  /** It was given up after so many milliseconds. */
  over?: number;
  note?: string;
}

export interface Figure {
  id: string;
  what: string;
  unit: string;
  better: "less" | "more";
  rows: Row[];
}

/** What one measure found. */
export interface Part {
  /** Date and time (ISO 8601). */
  at: string;
  /** Of the machine, over a minute, before it began. */
  load: number;
  figures: Figure[];
  versions: Record<string, string>;
}

export interface Results {
  machine: string;
  /** By the measure's name. */
  parts: Record<string, Part>;
}

/** What was measured before, with what was measured anew; results of two machines do not mix. */
export function merge(old: Results | undefined, fresh: Results): Results {
  if (old === undefined || old.machine !== fresh.machine) return fresh;
  return { machine: fresh.machine, parts: { ...old.parts, ...fresh.parts } };
}

/** Figures in which also those stand who had a part in the measure and are in none of them. */
export function withAbsent(figures: readonly Figure[], peers: readonly string[]): Figure[] {
  const found = new Set(figures.flatMap(({ rows }) => rows.map(({ peer }) => peer)));
  const absent = peers.filter((peer) => !found.has(peer));
  const rows = absent.map((peer): Row => ({ peer, note: "has not started its programs in time" }));
  return figures.map((figure) => ({ ...figure, rows: [...figure.rows, ...rows] }));
}

/** Numbers of several peers, as they come in. */
export class Samples {
  readonly #numbers = new Map<string, number[]>();
  readonly #over = new Map<string, number>();
  readonly #notes = new Map<string, string>();

  /** @param value undefined: it was not done within `limit` milliseconds */
  add(peer: string, value: number | undefined, limit = 0): void {
    const numbers = this.#numbers.get(peer) ?? [];
    this.#numbers.set(peer, numbers);
    if (value === undefined) this.#over.set(peer, limit);
    else numbers.push(value);
  }

  /** What is to be said of a peer, with numbers or without. */
  note(peer: string, text: string): void {
    this.#numbers.set(peer, this.#numbers.get(peer) ?? []);
    this.#notes.set(peer, text);
  }

  /** Whether a peer has been too slow: it need not be tried again. */
  isOver(peer: string): boolean {
    return this.#over.has(peer);
  }

  figure(id: string, what: string, unit: string, better: "less" | "more"): Figure {
    const rows = [...this.#numbers].map(([peer, numbers]): Row => {
      const over = this.#over.get(peer);
      const note = this.#notes.get(peer);
      return {
        peer,
        ...(numbers.length > 0 && over === undefined ? { value: seriesOf(numbers) } : {}),
        ...(over === undefined ? {} : { over }),
        ...(note === undefined ? {} : { note }),
      };
    });
    return { id, what, unit, better, rows };
  }
}
