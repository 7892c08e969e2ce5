/** A node's life as this page has seen it: what it was from when on, and what happened when. */
import type { LastExit, NodeStatus } from "../../core/status.ts";
import { type Look, lookOf } from "./look.ts";
import type { EndOf } from "./words.ts";

/** It was that from then on, until the next. Unix time in milliseconds. */
export interface Span {
  from: number;
  look: Look;
}

export interface Mark {
  at: number;
  kind: "started" | "revived" | "ended";
  /** Of an end: how. */
  exit?: EndOf;
}

export interface Life {
  spans: readonly Span[];
  marks: readonly Mark[];
}

/** What a first look at a node tells of its past: its last end, and what it is since. */
export function lifeOf(status: NodeStatus): Life {
  const { since, lastExit, generation, state } = status;
  const spans: Span[] = [];
  const marks: Mark[] = [];
  if (lastExit !== undefined && lastExit.at <= since) {
    marks.push(endOf(lastExit));
    if (lastExit.at < since && state === "running")
      spans.push({ from: lastExit.at, look: "waiting" });
  }
  spans.push({ from: since, look: lookOf(status) });
  if (state === "running") marks.push({ at: since, kind: generation > 1 ? "revived" : "started" });
  return { spans, marks };
}

/** The same life, when a node has become `status`. @param at when that was told */
export function lived(life: Life, before: NodeStatus, status: NodeStatus, at: number): Life {
  const marks: Mark[] = [];
  const { lastExit } = status;
  if (lastExit !== undefined && lastExit.at !== before.lastExit?.at) marks.push(endOf(lastExit));
  if (status.generation > before.generation && status.pid !== undefined)
    marks.push({ at: status.since, kind: status.generation > 1 ? "revived" : "started" });
  const look = lookOf(status);
  const isSame = look === lookOf(before) && status.generation === before.generation;
  if (marks.length === 0 && isSame) return life;
  // A node that becomes ready has not changed its state: since when it is, only the news tells.
  const from = status.since > before.since ? status.since : at;
  return {
    spans: isSame ? life.spans : kept([...life.spans, { from, look }]),
    marks: kept([...life.marks, ...marks]),
  };
}

/** Ends that are known from elsewhere, crash records for example, put where they belong. */
export function withEnds(life: Life, ends: readonly Mark[]): Life {
  const known = life.marks.map(({ at }) => at);
  const fresh = ends.filter(({ at }) => known.every((one) => Math.abs(one - at) > SAME_MS));
  if (fresh.length === 0) return life;
  const marks = [...life.marks, ...fresh].sort((a, b) => a.at - b.at);
  return { spans: life.spans, marks: kept(marks) };
}

function endOf({ at, ...exit }: LastExit): Mark {
  return { at, kind: "ended", exit };
}

function kept<One>(list: readonly One[]): readonly One[] {
  return list.length > MOST ? list.slice(-MOST) : list;
}

/** Of each node: a page that stays open for weeks holds no more. */
const MOST = 200;
/** Two sources tell of one end with about the same time. */
const SAME_MS = 50;
