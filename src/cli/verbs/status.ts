/** `coppice status`: what there is, and what is wrong with it. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { type Paint, paintFor } from "../colour.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { select, unknownNode } from "../nodes.ts";
import { withRemote } from "../remote.ts";
import { sayError } from "../say.ts";
import { statusJson } from "../status-json.ts";
import { statusTable } from "../status-table.ts";
import { usageOf } from "../usage.ts";
import { watchStatus } from "../watch-status.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const paint = paintFor(line, context.env, context.stdout);
  const isWatch = line.flag("watch");
  const look = isWatch ? watchStatus : showStatus;
  const timeout = line.seconds("timeout") ?? (isWatch ? WATCH_TIMEOUT_MS : undefined);
  return withRemote(line, context, (remote) => look(line, context, remote, paint), timeout);
}

async function showStatus(
  line: Line,
  context: Context,
  remote: RemoteSupervisor,
  paint: Paint,
): Promise<number> {
  const [status, usage] = await Promise.all([remote.status(), usageOf(remote)]);
  const { found, unknown } = select(status, line.names);
  for (const name of unknown) sayError(context, unknownNode(name, status));
  if (line.flag("json")) context.stdout.write(statusJson(found, usage));
  else if (found.length > 0 || unknown.length === 0) {
    const rows = found.map(([name, one]) => ({ name, status: one, usage: usage.get(name) }));
    const { columns: width } = context.stdout;
    const table = statusTable(rows, { now: context.now(), width, paint, isZeek: remote.isZeek });
    context.stdout.write(`${table.join("\n")}\n`);
  }
  return unknown.length === 0 ? 0 : 1;
}

/** Whoever looks on should soon see that nobody answers. */
const WATCH_TIMEOUT_MS = 3_000;
