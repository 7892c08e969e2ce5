/** What `coppice top` is looking at, and what a key does to that. Pure: no terminal, no Supervisor. */
import { roleOf } from "../../core/groups.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { Key } from "./keys.ts";

export type SortBy = "name" | "cpu" | "memory" | "uptime";
export type ActionName = "restart" | "stop" | "start" | "destroy";

export interface Looking {
  sort: SortBy;
  /** Only nodes of which the name, role or state has this in it. */
  filter: string;
  /** The node that actions are for: it stays chosen wherever it is sorted to. */
  chosen: string | undefined;
  mode: Mode;
}

export type Mode =
  | { tag: "list" }
  /** The filter is being typed; `before` comes back if that is given up. */
  | { tag: "filter"; before: string }
  | { tag: "confirm"; node: string }
  /** The last lines of a node. */
  | { tag: "lines"; node: string };

export type Act =
  | { type: ActionName; node: string }
  | { type: "follow"; node: string }
  | { type: "unfollow" }
  | { type: "quit"; status: number };

export interface Pressed {
  looking: Looking;
  act?: Act;
}

export const FIRST_LOOK: Looking = {
  sort: "name",
  filter: "",
  chosen: undefined,
  mode: { tag: "list" },
};

/**
 * @param names the nodes that are shown, in order
 * @param page how many of them the screen has room for
 */
export function press(looking: Looking, key: Key, names: readonly string[], page: number): Pressed {
  // Of a shell's conventions, that of a program that SIGINT has ended.
  if ("name" in key && key.name === "interrupt") return quit(looking, INTERRUPTED);
  const { mode } = looking;
  switch (mode.tag) {
    case "list":
      return inList(looking, key, names, page);
    case "filter":
      return inFilter(looking, key, mode.before);
    case "confirm": {
      const answered = list(looking);
      const isYes = "typed" in key && key.typed.toLowerCase() === "y";
      return isYes
        ? { looking: answered, act: { type: "destroy", node: mode.node } }
        : { looking: answered };
    }
    case "lines":
      return isLeaving(key) ? { looking: list(looking), act: { type: "unfollow" } } : { looking };
    default:
      return mode satisfies never;
  }
}

/** A node with what it uses. */
export interface Shown {
  name: string;
  status: NodeStatus;
  load: number | "unknown";
  memory: number;
}

/** The nodes that are looked at, in their order. */
export function shownOf<Node extends Shown>(
  nodes: readonly Node[],
  { sort, filter }: Pick<Looking, "sort" | "filter">,
  now: number,
): Node[] {
  const wanted = filter.toLowerCase();
  const isWanted = ({ name, status }: Node): boolean =>
    [name, roleOf(status.node) ?? "", status.state].some((text) =>
      text.toLowerCase().includes(wanted),
    );
  const found = wanted === "" ? [...nodes] : nodes.filter(isWanted);
  const byName = (a: Node, b: Node): number => COLLATOR.compare(a.name, b.name);
  if (sort === "name") return found.sort(byName);
  const amount = AMOUNTS[sort];
  return found.sort((a, b) => amount(b, now) - amount(a, now) || byName(a, b));
}

/** Where the chosen node is; the first one where it is not there. -1 if there is none at all. */
export function placeOf(chosen: string | undefined, names: readonly string[]): number {
  const at = chosen === undefined ? -1 : names.indexOf(chosen);
  return at >= 0 ? at : Math.min(0, names.length - 1);
}

function inList(looking: Looking, key: Key, names: readonly string[], page: number): Pressed {
  const at = placeOf(looking.chosen, names);
  if ("name" in key) {
    const step = stepOf(key.name, page, names.length);
    if (step === undefined) return { looking };
    const to = Math.max(0, Math.min(names.length - 1, at + step));
    return { looking: { ...looking, chosen: names[to] } };
  }
  const sort = SORTS.get(key.typed);
  if (sort !== undefined) return { looking: { ...looking, sort } };
  if (key.typed === "q") return quit(looking, 0);
  if (key.typed === "/")
    return { looking: { ...looking, mode: { tag: "filter", before: looking.filter } } };
  const node = names[at];
  if (node === undefined) return { looking };
  const chosen = { ...looking, chosen: node };
  const action = ACTIONS.get(key.typed);
  if (action !== undefined) return { looking: chosen, act: { type: action, node } };
  if (key.typed === "k") return { looking: { ...chosen, mode: { tag: "confirm", node } } };
  if (key.typed === "l")
    return { looking: { ...chosen, mode: { tag: "lines", node } }, act: { type: "follow", node } };
  return { looking };
}

function inFilter(looking: Looking, key: Key, before: string): Pressed {
  const { filter } = looking;
  if ("typed" in key) return { looking: { ...looking, filter: filter + key.typed } };
  switch (key.name) {
    case "enter":
      return { looking: list(looking) };
    case "escape":
      return { looking: list({ ...looking, filter: before }) };
    case "backspace":
      return { looking: { ...looking, filter: [...filter].slice(0, -1).join("") } };
    default:
      return { looking };
  }
}

function stepOf(name: string, page: number, count: number): number | undefined {
  switch (name) {
    case "up":
      return -1;
    case "down":
      return 1;
    case "page-up":
      return -Math.max(1, page);
    case "page-down":
      return Math.max(1, page);
    case "home":
      return -count;
    case "end":
      return count;
    default:
      return undefined;
  }
}

function isLeaving(key: Key): boolean {
  return "typed" in key ? key.typed === "q" || key.typed === "l" : LEAVING.includes(key.name);
}

function list(looking: Looking): Looking {
  return { ...looking, mode: { tag: "list" } };
}

function quit(looking: Looking, status: number): Pressed {
  return { looking, act: { type: "quit", status } };
}

const INTERRUPTED = 130;
const LEAVING = ["escape", "enter", "backspace"];
const SORTS = new Map<string, SortBy>([
  ["c", "cpu"],
  ["m", "memory"],
  ["u", "uptime"],
  ["n", "name"],
]);
const ACTIONS = new Map<string, ActionName>([
  ["r", "restart"],
  ["s", "stop"],
  ["S", "start"],
]);
const AMOUNTS: Record<Exclude<SortBy, "name">, (node: Shown, now: number) => number> = {
  cpu: ({ load }) => (load === "unknown" ? -1 : load),
  memory: ({ memory }) => memory,
  uptime: ({ status: { state, since } }, now) => (state === "running" ? now - since : -1),
};
/** `worker-2` comes before `worker-10`. */
const COLLATOR = new Intl.Collator("en", { numeric: true });
