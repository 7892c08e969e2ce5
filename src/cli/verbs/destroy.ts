/** `coppice destroy`: nodes go, and nothing of them is left when it is told. */
import { runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { unknownNode } from "../nodes.ts";
import { namesOf, wantsAll } from "../operands.ts";
import { withRemote } from "../remote.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const isAll = wantsAll(line);
  return withRemote(line, context, async (remote) => {
    const status = await remote.status();
    const tasks = namesOf(line, isAll, status).map((node) => ({
      node,
      async act() {
        if (await remote.destroy(node)) return { done: true, text: `destroyed '${node}'` } as const;
        return { done: false, error: unknownNode(node, status) } as const;
      },
    }));
    return runAll(line, context, tasks);
  });
}
