/** `coppice restart`: nodes end and start again. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { inEndOrder } from "../../core/order.ts";
import { type Outcome, runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { nodeOf } from "../nodes.ts";
import { needNodes, tasksOf } from "../operands.ts";
import { withRemote } from "../remote.ts";
import { stateText } from "../status-table.ts";
import { tellingWaits } from "../wait-note.ts";

export async function run(line: Line, context: Context): Promise<number> {
  needNodes(line);
  return withRemote(line, context, async (remote) => {
    const tasks = tasksOf(line, await remote.status(), inEndOrder, (node) =>
      restart(remote, node, context),
    );
    return runAll(line, context, tasks);
  });
}

async function restart(remote: RemoteSupervisor, node: string, context: Context): Promise<Outcome> {
  const done = await tellingWaits(remote.restart(node), node, remote, context);
  // A Zeek has accepted it, and does it now: the pid that it knows may be the old one.
  if (done && remote.isZeek) return { done, text: `restarted '${node}'` };
  const status = nodeOf(await remote.status(node), node);
  if (status === undefined) return { done: false, error: `node '${node}' is gone` };
  const { pid } = status;
  if (done && pid !== undefined) return { done, pid, text: `restarted '${node}' (PID ${pid})` };
  const state = stateText(status, context.now());
  return {
    done: false,
    error: `node '${node}' was stopped, but is not running again (${state}): see coppice logs ${node}`,
  };
}
