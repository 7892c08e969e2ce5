/**
 * Where Coppice was started is in Zeek's own path, as ".", and first of all: for the cluster of a file
 * it comes last. A `local.zeek` that happens to lie there must not be taken for the site's.
 */
import type { NodeConfig } from "../core/config.ts";
import type { Installation } from "./plan.ts";

/** @param nodes of a plan. What runs another Zeek than the one that is installed stays as it is. */
export function ownScriptsFirst(
  nodes: readonly NodeConfig[],
  { executable, zeekPath }: Pick<Installation, "executable" | "zeekPath">,
): NodeConfig[] {
  const own = zeekPath.filter((directory) => directory.startsWith("/"));
  return nodes.map((node) => {
    const { zeek, env = {} } = node;
    if (zeek?.executable !== executable || env["ZEEKPATH"] !== undefined) return node;
    return { ...node, zeek: { ...zeek, path: [...new Set([...(zeek.path ?? []), ...own])] } };
  });
}
