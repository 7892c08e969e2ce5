/** What `npm run soak` is asked for. */
import { parseArgs } from "node:util";

export interface SoakOptions {
  minutes: number;
  /** Of them: how many are not counted. */
  warmUp: number;
  nodes: number;
  /** From one reload to the next (minutes); 0: none. */
  reload: number;
}

export const USAGE =
  "usage: npm run soak -- [--minutes N] [--warm-up N] [--nodes N] [--reload MINUTES]";

/** @throws Error with what is wrong */
export function optionsOf(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "30" },
      "warm-up": { type: "string" },
      nodes: { type: "string", default: "100" },
      reload: { type: "string", default: "1" },
    },
  });
  const minutes = numberOf("minutes", values.minutes);
  const warmUp =
    values["warm-up"] === undefined
      ? Math.min(5, minutes / 3)
      : numberOf("warm-up", values["warm-up"]);
  const nodes = numberOf("nodes", values.nodes);
  const reload = numberOf("reload", values.reload);
  if (minutes < 1 || nodes < 1) throw new Error("there is at least a minute, and a node");
  if (warmUp >= minutes) throw new Error("--warm-up takes all of the time");
  return { minutes, warmUp, nodes: Math.floor(nodes), reload };
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text !== "" && value >= 0 && value < 1e6) return value;
  throw new Error(`--${option} needs a number, and not '${text}'`);
}
