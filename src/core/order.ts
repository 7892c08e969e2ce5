/**
 * In which order nodes start and end: `after` in a configuration, or Zeek's order of a cluster's roles
 * (loggers, manager, proxies, workers). They end the other way round.
 */
import type { NodeConfig, Role } from "./config.ts";

/** How long a node that others come after may have failed before they start without it (ms). */
export const AFTER_TIMEOUT_MS = 30_000;

/** The nodes that a node comes after. */
export interface Predecessors {
  names: readonly string[];
  /** Whether they were named: those of a layout count only if there are such nodes. */
  isNamed: boolean;
}

/** A configuration never changes, so what follows from it is found out once. */
export function predecessorsOf(config: NodeConfig): Predecessors {
  const known = cache.get(config);
  if (known !== undefined) return known;
  const found =
    config.after === undefined
      ? { names: lowerRanks(config), isNamed: false }
      : { names: [...new Set(config.after)], isNamed: true };
  cache.set(config, found);
  return found;
}

/**
 * The circle that a new node would close, from its name to its name, or undefined.
 * @param known the configurations of the nodes that there are
 */
export function circleThrough(
  config: NodeConfig,
  known: (name: string) => NodeConfig | undefined,
): string[] | undefined {
  const seen = new Set<string>();
  const path: string[] = [];
  return follow(config);

  function follow(from: NodeConfig): string[] | undefined {
    path.push(from.name);
    for (const name of predecessorsOf(from).names) {
      if (name === config.name) return [...path, name];
      if (seen.has(name)) continue;
      seen.add(name);
      const next = known(name);
      const circle = next === undefined ? undefined : follow(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    return undefined;
  }
}

/**
 * Sorted so that what others come after is before them; otherwise the order stays as it was.
 * @param known the configurations of other nodes: through these, too, one may come after another
 */
export function inStartOrder<Item>(
  items: readonly Item[],
  configOf: (item: Item) => NodeConfig | undefined,
  known: (name: string) => NodeConfig | undefined = () => undefined,
): Item[] {
  const byName = new Map<string, Item[]>();
  for (const item of items) {
    const name = configOf(item)?.name ?? "";
    byName.set(name, [...(byName.get(name) ?? []), item]);
  }
  const sorted: Item[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const own = byName.get(name) ?? [];
    for (const config of own.length > 0 ? own.map(configOf) : [known(name)]) {
      if (config !== undefined) for (const before of predecessorsOf(config).names) visit(before);
    }
    sorted.push(...own);
  };
  for (const name of byName.keys()) visit(name);
  return sorted;
}

/** Sorted so that what comes after others is before them; otherwise the order stays as it was. */
export function inEndOrder<Item>(
  items: readonly Item[],
  configOf: (item: Item) => NodeConfig | undefined,
  known?: (name: string) => NodeConfig | undefined,
): Item[] {
  return inStartOrder([...items].reverse(), configOf, known).reverse();
}

function lowerRanks({ name, cluster }: NodeConfig): string[] {
  const own = cluster === undefined ? undefined : rankOf(cluster[name]?.role);
  if (cluster === undefined || own === undefined) return [];
  return Object.keys(cluster).filter((other) => {
    const rank = rankOf(cluster[other]?.role);
    return rank !== undefined && rank < own;
  });
}

function rankOf(role: Role | undefined): number | undefined {
  const rank = role === undefined ? -1 : ROLES_IN_ORDER.indexOf(role);
  return rank < 0 ? undefined : rank;
}

/** As ZeekControl starts them. */
const ROLES_IN_ORDER: readonly Role[] = ["LOGGER", "MANAGER", "PROXY", "WORKER"];
const cache = new WeakMap<NodeConfig, Predecessors>();
