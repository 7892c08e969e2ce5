/** Which nodes a verb acts on. An empty name would mean all of them, and so is refused. */
import type { Status } from "../core/status.ts";
import type { Line } from "./line.ts";

/** @throws UsageError without operands, unless `--all` is given instead */
export function wantsAll(line: Line): boolean {
  const { names } = line;
  const { name: verb } = line.verb;
  if (names.includes("")) throw line.wrong("a node's name cannot be empty");
  if (line.flag("all")) {
    if (names.length > 0) throw line.wrong("either nodes or --all, not both");
    return true;
  }
  if (names.length === 0)
    throw line.wrong(`which nodes? coppice ${verb} NODE..., or coppice ${verb} --all`);
  return false;
}

/** @param isAll what `wantsAll` has found */
export function namesOf(line: Line, isAll: boolean, { nodes }: Status): string[] {
  return isAll ? Object.keys(nodes) : line.names;
}
