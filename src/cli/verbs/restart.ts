/** `coppice restart`: nodes end and start again. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { Status } from "../../core/status.ts";
import { type Outcome, runAll } from "../acts.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { nodeOf, unknownNode } from "../nodes.ts";
import { namesOf, wantsAll } from "../operands.ts";
import { withRemote } from "../remote.ts";
import { stateText } from "../status-table.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const isAll = wantsAll(line);
  return withRemote(line, context, async (remote) => {
    const status = await remote.status();
    const tasks = namesOf(line, isAll, status).map((node) => ({
      node,
      act: () => restart(remote, node, status, context.now()),
    }));
    return runAll(line, context, tasks);
  });
}

async function restart(
  remote: RemoteSupervisor,
  node: string,
  before: Status,
  now: number,
): Promise<Outcome> {
  const done = await remote.restart(node);
  // A Zeek has accepted it, and does it now: the pid that it knows may be the old one.
  if (done && remote.isZeek) return { done, text: `restarted '${node}'` };
  const status = nodeOf(await remote.status(node), node);
  if (status === undefined)
    return { done: false, error: done ? `node '${node}' is gone` : unknownNode(node, before) };
  const { pid } = status;
  if (done && pid !== undefined) return { done, pid, text: `restarted '${node}' (PID ${pid})` };
  const state = stateText(status, now);
  return {
    done: false,
    error: `node '${node}' was stopped, but is not running again (${state}): see coppice logs ${node}`,
  };
}
