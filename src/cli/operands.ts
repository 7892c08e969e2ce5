/** Which nodes a verb acts on. An empty name would mean all of them, and so is refused. */
import type { NodeConfig } from "../core/config.ts";
import type { NodeStatus, Status } from "../core/status.ts";
import type { Outcome, Task } from "./acts.ts";
import type { Line } from "./line.ts";
import { select, unknownNode } from "./nodes.ts";

/** Whether the line names nodes, if only by `--all`. @throws UsageError */
export function namesNodes(line: Line): boolean {
  const { names } = line;
  if (names.includes("")) throw line.wrong("a node's name cannot be empty");
  if (line.flag("all") && names.length > 0) throw line.wrong("either nodes or --all, not both");
  return line.flag("all") || names.length > 0;
}

/** For a verb that is never meant for all of them unless it says so. @throws UsageError */
export function needNodes(line: Line): void {
  if (namesNodes(line)) return;
  const { name: verb } = line.verb;
  throw line.wrong(`which nodes? coppice ${verb} NODE..., or coppice ${verb} --all`);
}

/** What is done to the nodes that the line names; those there are not are told so. */
export function tasksOf(
  line: Line,
  status: Status,
  inOrder: Order,
  act: (name: string, node: NodeStatus) => Promise<Outcome>,
): Task[] {
  const { found, unknown } = select(status, line.names);
  const wanted = new Set(found.map(([name]) => name));
  // All are put in order, then those chosen: the order of two may follow from a third.
  const sorted = inOrder(Object.entries(status.nodes), ([, { node }]) => node);
  return [
    ...sorted
      .filter(([name]) => wanted.has(name))
      .map(([name, node]) => ({ node: name, act: () => act(name, node) })),
    ...unknown.map((word) => ({
      node: word,
      act: () => Promise.resolve<Outcome>({ done: false, error: unknownNode(word, status) }),
    })),
  ];
}

/** `inStartOrder` or `inEndOrder`: requests that come in the nodes' order are carried out in it. */
type Order = <Item>(
  items: readonly Item[],
  configOf: (item: Item) => NodeConfig | undefined,
) => Item[];

/** @throws UsageError if there are any */
export function refuseOperands(line: Line): void {
  const [operand] = line.names;
  if (operand !== undefined) throw line.wrong(`${line.verb.name} takes no '${operand}'`);
}
