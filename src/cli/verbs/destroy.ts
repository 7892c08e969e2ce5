/** `coppice destroy`: nodes go, and nothing of them is left when it is told. */
import { inEndOrder } from "../../core/order.ts";
import { runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { needNodes, tasksOf } from "../operands.ts";
import { withRemote } from "../remote.ts";

export async function run(line: Line, context: Context): Promise<number> {
  needNodes(line);
  return withRemote(line, context, async (remote) => {
    const status = await remote.status();
    const tasks = tasksOf(line, status, inEndOrder, async (node) => {
      if (await remote.destroy(node)) return { done: true, text: `destroyed '${node}'` };
      return { done: false, error: `node '${node}' is gone` };
    });
    return runAll(line, context, tasks);
  });
}
