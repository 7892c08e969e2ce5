/** `coppice stop`: nodes end, and stay known; without any the whole tree ends, in order. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { inEndOrder } from "../../core/order.ts";
import { type Outcome, runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { nodeOf } from "../nodes.ts";
import { namesNodes, tasksOf } from "../operands.ts";
import { jsonLine } from "../printable.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { sayError } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  if (!namesNodes(line)) return endTree(line, context);
  return withRemote(line, context, async (remote) => {
    refuseZeek(remote, "its nodes run or are destroyed: coppice destroy");
    const tasks = tasksOf(line, await remote.status(), inEndOrder, (node) => stop(remote, node));
    return runAll(line, context, tasks);
  });
}

async function stop(remote: RemoteSupervisor, node: string): Promise<Outcome> {
  if (await remote.stopNode(node)) return { done: true, text: `stopped '${node}'` };
  const isThere = nodeOf(await remote.status(node), node) !== undefined;
  return {
    done: false,
    error: `node '${node}' ${isThere ? "was told to start again" : "is gone"}`,
  };
}

async function endTree(line: Line, context: Context): Promise<number> {
  const timeout = line.seconds("timeout");
  return withRemote(line, context, async (remote) => {
    const ended = remote.stop().then(() => true);
    const late = timeout === undefined ? [] : [context.sleep(timeout).then(() => false)];
    if (!(await Promise.race([ended, ...late]))) {
      sayError(
        context,
        `the tree has not ended after ${(timeout ?? 0) / 1000} s; it goes on ending`,
      );
      return 1;
    }
    context.stdout.write(line.flag("json") ? jsonLine({ ended: true }) : "the tree has ended\n");
    return 0;
  });
}
