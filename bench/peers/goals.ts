/** What Coppice sets itself against its peers, judged from what was measured. */
import type { Series } from "../statistics.ts";
import type { Figure, Results, Row } from "./record.ts";

export interface Verdict {
  /** What is asked for, in words. */
  goal: string;
  /** Both sides in numbers; undefined: not measured. */
  found: { own: number; limit: number; unit: string } | undefined;
  isMet: boolean | undefined;
}

const OWN = "coppice";
const BARE = "bare spawn loop";

/** A goal whose two sides come from figures, by their ids. */
interface Goal {
  goal: string;
  sides(figures: Map<string, Figure>): { own?: number | undefined; limit?: number | undefined };
  unit: string;
  /** Whether more is better. */
  more?: true;
}

export function verdicts({ parts }: Results): Verdict[] {
  const figures = new Map(
    Object.values(parts).flatMap((part) => part.figures.map((figure) => [figure.id, figure])),
  );
  return GOALS.map(({ goal, sides, unit, more }) => {
    const { own, limit } = sides(figures);
    if (own === undefined || limit === undefined) {
      return { goal, found: undefined, isMet: undefined };
    }
    return { goal, found: { own, limit, unit }, isMet: more ? own >= limit : own <= limit };
  });
}

/** Where a peer has variants, the better one counts: the harder goal. */
const GOALS: readonly Goal[] = [
  {
    goal: "revival: at most 0.7 of the best peer's",
    unit: "ms",
    sides: (figures) => ({
      own: medianOf(figures, "revival"),
      limit: times(0.7, bestPeer(figures, "revival")),
    }),
  },
  {
    goal: "1,000 nodes start: at most 1.2 of a bare spawn loop's time",
    unit: "ms",
    sides: (figures) => ({
      own: medianOf(figures, "start-1000"),
      limit: times(1.2, medianOf(figures, "start-1000", BARE)),
    }),
  },
  {
    goal: "… from the first creation on: the same",
    unit: "ms",
    sides: (figures) => ({
      own: medianOf(figures, "create-1000"),
      limit: times(1.2, medianOf(figures, "create-1000", BARE)),
    }),
  },
  {
    goal: "1,000 nodes stop: at most the best peer's",
    unit: "ms",
    sides: (figures) => ({
      own: medianOf(figures, "stop-1000"),
      limit: bestPeer(figures, "stop-1000"),
    }),
  },
  {
    goal: "private memory, 1,000 nodes: at most supervisord's",
    unit: "MB",
    sides: (figures) => ({
      own: medianOf(figures, "own-1000"),
      limit: medianOf(figures, "own-1000", "supervisord"),
    }),
  },
  {
    goal: "proportional memory, 1,000 nodes: at most 0.7 of s6's",
    unit: "MB",
    sides: (figures) => ({
      own: medianOf(figures, "pss-1000"),
      limit: times(
        0.7,
        least(medianOf(figures, "pss-1000", "s6"), medianOf(figures, "pss-1000", "s6, no loggers")),
      ),
    }),
  },
  {
    goal: "private memory for each further node, from 100 to 1,000: at most 20 KB",
    unit: "KB",
    sides: (figures) => ({ own: perNode(figures, "own", 100, 1_000), limit: 20 }),
  },
  ...[1, 50].flatMap((size) =>
    [OWN, "coppice, a file each"].map(
      (own): Goal => ({
        goal: `output of ${size}${own === OWN ? ", all in one stream" : ", a file each"}: at least 1.5 of the best peer's`,
        unit: "MB/s",
        more: true,
        sides: (figures) => ({
          own: medianOf(figures, `output-${size}`, own),
          limit: times(1.5, bestPeer(figures, `output-${size}`)),
        }),
      }),
    ),
  ),
  ...[10, 100, 1_000].map(
    (size): Goal => ({
      goal: `wake-ups, ${size.toLocaleString("en-US")} idle nodes: at most supervisord's`,
      unit: "/s",
      sides: (figures) => ({
        own: medianOf(figures, `wake-ups-${size}`),
        limit: medianOf(figures, `wake-ups-${size}`, "supervisord"),
      }),
    }),
  ),
  ...[
    { what: "time to start", id: "scale-start", unit: "ms" },
    { what: "time to stop", id: "scale-stop", unit: "ms" },
    { what: "private memory", id: "scale-own", unit: "KB" },
  ].map(
    ({ what, id, unit }): Goal => ({
      goal: `${what} for each further node: no more from 1,000 to 5,000 than 1.2 of that from 100 to 1,000`,
      unit,
      sides: (figures) => ({
        own: perNode(figures, id, 1_000, 5_000),
        limit: times(1.2, perNode(figures, id, 100, 1_000)),
      }),
    }),
  ),
];

/** What each further node costs, between two sizes. Memory (MB) is told in KB. */
function perNode(
  figures: Map<string, Figure>,
  id: string,
  few: number,
  many: number,
): number | undefined {
  const less = medianOf(figures, `${id}-${few}`);
  const more = medianOf(figures, `${id}-${many}`);
  if (less === undefined || more === undefined) return undefined;
  const unit = figures.get(`${id}-${few}`)?.unit === "MB" ? 1000 : 1;
  return ((more - less) * unit) / (many - few);
}

function medianOf(figures: Map<string, Figure>, id: string, peer = OWN): number | undefined {
  return rowOf(figures.get(id), peer)?.value?.median;
}

/** The best median of all that is neither Coppice's nor a limit. */
function bestPeer(figures: Map<string, Figure>, id: string): number | undefined {
  const figure = figures.get(id);
  const medians = (figure?.rows ?? [])
    .filter(({ peer }) => isRival(peer))
    .map(({ value }) => value)
    .filter((value): value is Series => value !== undefined)
    .map(({ median }) => median);
  if (medians.length === 0) return undefined;
  return figure?.better === "more" ? Math.max(...medians) : Math.min(...medians);
}

/** Whether it is somebody that users could pick instead. */
export function isRival(peer: string): boolean {
  return !peer.startsWith(OWN) && !isLimit(peer);
}

/** Whether it shows what the machine can do at all. */
export function isLimit(peer: string): boolean {
  return peer.startsWith("bare ") || peer === "cat";
}

export function rowOf(figure: Figure | undefined, peer: string): Row | undefined {
  return figure?.rows.find((row) => row.peer === peer);
}

function times(factor: number, value: number | undefined): number | undefined {
  return value === undefined ? undefined : factor * value;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
