/** `coppice logs`: what nodes have printed, and with `-f` what they print. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { OutputLine } from "../../core/api.ts";
import type { NodeStatus } from "../../core/status.ts";
import { untilGone, watchIfItCan } from "../attend.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { LogTaker } from "../log-taker.ts";
import { groupOf, select, unknownNode } from "../nodes.ts";
import { withRemote } from "../remote.ts";
import { sayError, sayNote } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const lines = countOf(line);
  const stream = line.choice("stream", ["stdout", "stderr"]);
  const taker = new LogTaker(line, context, stream);
  return withRemote(line, context, async (remote) => {
    const status = await remote.status();
    const { found, unknown } = select(status, line.names);
    const groups = line.names.filter((word) => groupOf(word, status) !== undefined);
    taker.hasPrefix = line.names.length !== 1 || groups.length > 0;
    const follow = line.flag("follow");
    const refuse = (name: string): void => sayError(context, unknownNode(name, status));
    // Of a node that has gone there may be lines, but there will be no more.
    if (follow) unknown.forEach(refuse);
    if (follow && unknown.length > 0 && found.length === 0) return 1;
    for (const one of found) tellWhere(one, context, stream);
    const isAll = line.names.length === 0 || groups.includes("all");
    const nodes = isAll ? [] : [...found.map(([name]) => name), ...(follow ? [] : unknown)];
    const following = remote.follow((one) => taker.take(one), { nodes, lines, follow });
    if (follow) await Promise.race([following.ended, untilAllIsRead(remote, context, taker)]);
    else await following.ended;
    following.stop();
    await context.stdout.sent();
    taker.end();
    const without = follow ? unknown : unknown.filter((name) => !taker.nodes.has(name));
    if (!follow) without.forEach(refuse);
    return without.length === 0 ? 0 : 1;
  });
}

/** The tree has ended, and its last lines have been printed. */
async function untilAllIsRead(
  remote: RemoteSupervisor,
  context: Context,
  taker: LogTaker,
): Promise<void> {
  const ending = new AbortController();
  const stop = watchIfItCan(remote, ({ kind }) => {
    if (kind === "ending") ending.abort();
  });
  await untilGone(remote, context, ending.signal).finally(stop);
  for (let before = -1; taker.isWaiting || taker.count !== before; ) {
    before = taker.count;
    await context.sleep(QUIET_MS);
    // A stall of this process may have used up all of that time.
    await new Promise((turn) => setImmediate(turn));
  }
}

/** @throws UsageError */
function countOf(line: Line): number {
  const text = line.text("lines") ?? "10";
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(text)) throw line.wrong(`--lines is a whole number or all, not '${text}'`);
  return Number(text);
}

/** What goes to a file does not come by here, or not for long. */
function tellWhere(
  [name, { node }]: [string, NodeStatus],
  context: Context,
  wanted: OutputLine["stream"] | undefined,
): void {
  const place = (file: string): string =>
    file.startsWith("/") || node.directory === undefined ? file : `${node.directory}/${file}`;
  if (node.output !== undefined)
    sayNote(context, `all that node '${name}' printed is in ${place(node.output.file)}`);
  for (const stream of ["stdout", "stderr"] as const) {
    const file = node[`${stream}File`];
    if (file === undefined || (wanted !== undefined && wanted !== stream)) continue;
    sayNote(context, `node '${name}' writes its ${stream} to ${place(file)}`);
  }
}

const QUIET_MS = 50;
