/** Which nodes a layout of the user's own leaves out: Zeek ends a node at once that is not in it. */
import { parseLayout } from "./layout-parser.ts";

export interface LeftOut {
  names: string[];
  /** False: the layout has more than the grammar of layouts, so that it may get them in other ways. */
  isCertain: boolean;
}

export function leftOut(layout: string, names: readonly string[]): LeftOut {
  const result = parseLayout(layout);
  const isCertain = "layout" in result;
  const there = isCertain ? result.layout.nodes.map(({ name }) => name) : keysIn(layout);
  return { names: names.filter((name) => !there.includes(name)), isCertain };
}

/** What looks like a key of `Cluster::nodes`, in a text that is more than a layout. */
function keysIn(text: string): string[] {
  const code = text.replace(/^\s*#.*$/gm, "");
  return [...code.matchAll(/\[\s*"([^"\n]+)"\s*\]\s*=/g)].map(([, name = ""]) => name);
}
