/**
 * The tree as the page knows it, and how what it is told changes that. Pure: what is told comes with
 * its time, and every change makes new objects, so that who draws sees by identity what is new.
 */
import type { TreeEvent, TreeEventKind, Usage } from "../../core/api.ts";
import type { NodeStatus, Status } from "../../core/status.ts";
import { type Life, lifeOf, lived, type Mark, withEnds } from "./life.ts";
import { type Load, NO_LOAD, sampled } from "./load.ts";

export interface NodeView {
  name: string;
  status: NodeStatus;
  life: Life;
  load: Load;
  /** It was told to end for good, and has not ended yet. */
  isLeaving: boolean;
}

export interface StemView {
  pid?: number;
  isUp: boolean;
  /** Deaths that were told to this page. */
  deaths: number;
}

export interface FeedItem {
  /** Counts up: what is new is what has a larger one. */
  id: number;
  at: number;
  kind: TreeEventKind;
  text: string;
  node?: string;
}

export interface Tree {
  nodes: ReadonlyMap<string, NodeView>;
  stem: StemView;
  /** The newest is the last. */
  feed: readonly FeedItem[];
  isEnding: boolean;
  /** Whether a status has come at all: before that, nothing is known. */
  isKnown: boolean;
  /** How often loads were sampled. */
  samples: number;
  /** What the Supervisor's clock is ahead of ours by (ms); small differences count as none. */
  skew: number;
}

export type Told =
  /** All that there is. @property isFirst of this connection: what is not in it is gone */
  | { type: "status"; status: Status; isFirst: boolean }
  /** @property now of this page's clock */
  | { type: "event"; event: TreeEvent; now: number }
  /** @property at monotonic */
  | { type: "usage"; usage: Readonly<Record<string, Usage>>; at: number }
  /** How nodes have ended before this page was opened. */
  | { type: "ends"; ends: ReadonlyMap<string, readonly Mark[]> }
  /** Another Supervisor, or the same one anew: what was known means nothing. */
  | { type: "another" };

export const EMPTY: Tree = {
  nodes: new Map(),
  stem: { isUp: true, deaths: 0 },
  feed: [],
  isEnding: false,
  isKnown: false,
  samples: 0,
  skew: 0,
};

export function told(tree: Tree, what: Told): Tree {
  switch (what.type) {
    case "status":
      return { ...tree, nodes: withAll(tree.nodes, what), isKnown: true };
    case "event":
      return happened(tree, what.event, what.now);
    case "usage":
      return { ...tree, nodes: used(tree.nodes, what.usage, what.at), samples: tree.samples + 1 };
    case "ends":
      return { ...tree, nodes: ended(tree.nodes, what.ends) };
    case "another":
      return { ...EMPTY, feed: tree.feed };
    default:
      return what satisfies never;
  }
}

/** Nodes that are still there keep what is known of them. */
function withAll(
  nodes: Tree["nodes"],
  { status, isFirst }: Told & { type: "status" },
): Tree["nodes"] {
  // Object.entries, and never a look-up: a node may be called "__proto__".
  const all = new Map(
    Object.entries(status.nodes).map(([name, one]) => [name, viewOf(nodes.get(name), name, one)]),
  );
  const isLeft = ({ name, isLeaving }: NodeView) => isLeaving && !isFirst && !all.has(name);
  const left = new Map([...nodes].filter(([, node]) => isLeft(node)));
  if (left.size === 0) return all;
  // One that is told to end is in no status any more, and yet news of it comes until it is gone:
  // it keeps its place till then.
  const inPlace = [...nodes.keys()].flatMap((name): [string, NodeView][] => {
    const node = all.get(name) ?? left.get(name);
    return node === undefined ? [] : [[name, node]];
  });
  return new Map([...inPlace, ...all]);
}

function viewOf(known: NodeView | undefined, name: string, status: NodeStatus): NodeView {
  if (known === undefined) return fresh(name, status);
  const life = lived(known.life, known.status, status, status.since);
  return { ...known, status, life, isLeaving: false };
}

function fresh(name: string, status: NodeStatus): NodeView {
  return { name, status, life: lifeOf(status), load: NO_LOAD, isLeaving: false };
}

function happened(tree: Tree, event: TreeEvent, now: number): Tree {
  const { at, kind, text, node } = event;
  const id = (tree.feed.at(-1)?.id ?? 0) + 1;
  const item: FeedItem = { id, at, kind, text, ...(node === undefined ? {} : { node }) };
  const ahead = at - now;
  return {
    ...tree,
    feed: [...tree.feed.slice(1 - MOST_EVENTS), item],
    nodes: withEvent(tree.nodes, event),
    stem: kind === "stem" ? stemAfter(tree.stem, text) : tree.stem,
    isEnding: tree.isEnding || kind === "ending",
    skew: Math.abs(ahead) < SKEW_MS ? 0 : ahead,
  };
}

function withEvent(nodes: Tree["nodes"], event: TreeEvent): Tree["nodes"] {
  const { node: name, status, kind, at } = event;
  if (name === undefined) return nodes;
  const known = nodes.get(name);
  if (kind === "gone") {
    // One of that name may have been created again, and only the old one is gone.
    if (known?.isLeaving !== true) return nodes;
    return without(nodes, name);
  }
  if (kind === "destroyed") {
    return known === undefined ? nodes : withNode(nodes, { ...known, isLeaving: true });
  }
  if (status === undefined) return nodes;
  if (known === undefined || (kind === "created" && known.isLeaving))
    return withNode(nodes, fresh(name, status));
  const life = lived(known.life, known.status, status, at);
  return withNode(nodes, { ...known, status, life });
}

/** The words are all that is told of the Stem: `a Stem was started (PID 12)`, `the Stem (PID 12) ended …`. */
function stemAfter({ deaths }: StemView, text: string): StemView {
  const pid = /\(PID (\d+)\)/.exec(text)?.[1];
  const isUp = !/\) ended /.test(text);
  return {
    isUp,
    deaths: deaths + (isUp ? 0 : 1),
    ...(isUp && pid !== undefined ? { pid: Number(pid) } : {}),
  };
}

function used(
  nodes: Tree["nodes"],
  usage: Readonly<Record<string, Usage>>,
  at: number,
): Tree["nodes"] {
  const known = new Map(Object.entries(usage));
  return new Map(
    [...nodes].map(([name, node]) => {
      const load = sampled(node.load, known.get(name), node.status.pid, at);
      return [name, load === node.load ? node : { ...node, load }];
    }),
  );
}

function ended(nodes: Tree["nodes"], ends: ReadonlyMap<string, readonly Mark[]>): Tree["nodes"] {
  return new Map(
    [...nodes].map(([name, node]) => {
      const life = withEnds(node.life, ends.get(name) ?? []);
      return [name, life === node.life ? node : { ...node, life }];
    }),
  );
}

function withNode(nodes: Tree["nodes"], node: NodeView): Tree["nodes"] {
  return new Map(nodes).set(node.name, node);
}

function without(nodes: Tree["nodes"], name: string): Tree["nodes"] {
  const left = new Map(nodes);
  left.delete(name);
  return left;
}

const MOST_EVENTS = 300;
/** What a message may take on its way. */
const SKEW_MS = 3_000;
