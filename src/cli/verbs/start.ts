/** `coppice start`: nodes that were stopped start again, without any named all of them. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { inStartOrder } from "../../core/order.ts";
import type { NodeStatus } from "../../core/status.ts";
import { type Outcome, runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { nodeOf } from "../nodes.ts";
import { namesNodes, tasksOf } from "../operands.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { exitText, stateText } from "../status-table.ts";
import { tellingWaits } from "../wait-note.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const isChosen = namesNodes(line);
  return withRemote(line, context, async (remote) => {
    refuseZeek(remote, "it has no nodes that were stopped");
    const status = await remote.status();
    const act = (name: string, before: NodeStatus) => start(remote, name, before, context);
    const tasks = tasksOf(line, status, inStartOrder, act).filter(
      ({ node }) => isChosen || isDown(nodeOf(status, node)),
    );
    if (tasks.length === 0 && !line.flag("json")) context.stdout.write("no node is stopped\n");
    return runAll(line, context, tasks);
  });
}

/**
 * Also one that is still ending; what waits for its revival, or for others, starts anyway, and what
 * is done is done.
 */
function isDown(status: NodeStatus | undefined): boolean {
  const isDone = status?.why === "done";
  return status?.state === "stopping" || (status?.state === "stopped" && !isDone);
}

async function start(
  remote: RemoteSupervisor,
  node: string,
  before: NodeStatus,
  context: Context,
): Promise<Outcome> {
  if (before.state === "running")
    return { done: true, pid: before.pid, text: `'${node}' runs already (PID ${before.pid})` };
  const done = await tellingWaits(remote.startNode(node), node, remote, context);
  const status = nodeOf(await remote.status(node), node);
  if (status === undefined) return { done: false, error: `node '${node}' is gone` };
  if (!done) return { done, error: `node '${node}' was told to stop again` };
  const { pid, state, lastExit, generation } = status;
  if (pid !== undefined) return { done, pid, text: `started '${node}' (PID ${pid})` };
  // One whose work is soon done.
  const isDone = lastExit?.code === 0 && lastExit.unhealthy === undefined;
  if (state === "stopped" && isDone && generation > before.generation)
    return { done, text: `started '${node}', which has ended (${exitText(lastExit)})` };
  return {
    done: false,
    error: `node '${node}' was told to start, but is not running (${stateText(status, context.now())}): see coppice logs ${node}`,
  };
}
