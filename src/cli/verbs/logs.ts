/** `coppice logs`: what nodes have printed, and with `-f` what they print. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { OutputLine } from "../../core/api.ts";
import type { NodeStatus } from "../../core/status.ts";
import { untilGone, watchIfItCan } from "../attend.ts";
import { hasColours, paintFor } from "../colour.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { gapText, LogPrinter } from "../log-printer.ts";
import { select } from "../nodes.ts";
import { jsonLine } from "../printable.ts";
import { withRemote } from "../remote.ts";
import { sayError, sayNote } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const lines = countOf(line);
  const stream = line.choice("stream", ["stdout", "stderr"]);
  const take = taker(line, context, stream);
  return withRemote(line, context, async (remote) => {
    const status = await remote.status();
    const { found, areAllKnown } = select(status, line.names, (text) => sayError(context, text));
    if (found.length === 0 && line.names.length > 0) return 1;
    for (const one of found) tellWhere(one, context, stream);
    const nodes = line.names.length === 0 ? [] : found.map(([name]) => name);
    const follow = line.flag("follow");
    const following = remote.follow(take, { nodes, lines, follow });
    if (follow) await Promise.race([following.ended, untilAllIsRead(remote, context, take)]);
    else await following.ended;
    following.stop();
    await context.stdout.sent();
    take.end();
    return areAllKnown ? 0 : 1;
  });
}

interface Take {
  (line: OutputLine): Promise<void> | undefined;
  /** Lines so far. */
  count: number;
  /** Whether somebody waits for the reader of our stdout. */
  isWaiting: boolean;
  /** Ends a line that has no end yet, where people see it. */
  end(): void;
}

/** Prints line by line; what it returns has the Supervisor wait for a slow reader. */
function taker(line: Line, context: Context, stream: OutputLine["stream"] | undefined): Take {
  const { stdout, env } = context;
  const isJson = line.flag("json");
  const printer = new LogPrinter({
    hasPrefix: line.names.length !== 1,
    isTerminal: stdout.isTerminal,
    hasColours: hasColours(line, env, stdout),
    paint: paintFor(line, env, stdout),
  });
  const take: Take = Object.assign(
    (one: OutputLine) => {
      take.count++;
      if (stream !== undefined && one.stream !== stream) return undefined;
      const gap = one.missed === undefined || isJson ? undefined : gapText(one);
      const bytes = isJson ? Buffer.from(jsonLine(one)) : printer.bytesOf(one);
      if (gap === undefined) return wait(stdout.send(bytes));
      return wait(
        stdout.sent().then(() => {
          sayNote(context, gap);
          return stdout.send(bytes);
        }),
      );
    },
    {
      count: 0,
      isWaiting: false,
      end() {
        if (stdout.isTerminal) stdout.write(printer.close());
      },
    },
  );
  return take;

  function wait(room: Promise<void> | undefined): Promise<void> | undefined {
    take.isWaiting = room !== undefined;
    return room?.finally(() => {
      take.isWaiting = false;
    });
  }
}

/** The tree has ended, and its last lines have been printed. */
async function untilAllIsRead(
  remote: RemoteSupervisor,
  context: Context,
  take: Take,
): Promise<void> {
  const ending = new AbortController();
  const stop = watchIfItCan(remote, ({ kind }) => {
    if (kind === "ending") ending.abort();
  });
  await untilGone(remote, context, ending.signal).finally(stop);
  for (let before = -1; take.isWaiting || take.count !== before; ) {
    before = take.count;
    await context.sleep(QUIET_MS);
  }
}

/** @throws UsageError */
function countOf(line: Line): number {
  const text = line.text("lines") ?? "10";
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(text)) throw line.wrong(`--lines is a whole number or all, not '${text}'`);
  return Number(text);
}

/** What goes to a file does not come by here. */
function tellWhere(
  [name, { node }]: [string, NodeStatus],
  context: Context,
  wanted: OutputLine["stream"] | undefined,
): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const file = node[`${stream}File`];
    if (file === undefined || (wanted !== undefined && wanted !== stream)) continue;
    const isWhole = file.startsWith("/") || node.directory === undefined;
    const where = isWhole ? file : `${node.directory}/${file}`;
    sayNote(context, `node '${name}' writes its ${stream} to ${where}`);
  }
}

const QUIET_MS = 50;
