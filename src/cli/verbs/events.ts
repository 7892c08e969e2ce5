/** `coppice events`: what happens in the tree, line by line, until the tree ends or Ctrl-C. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { TreeEvent } from "../../core/api.ts";
import { untilGone } from "../attend.ts";
import { type Paint, paintFor, type Style } from "../colour.ts";
import type { Context } from "../context.ts";
import { EventFilter } from "../event-filter.ts";
import type { Line } from "../line.ts";
import { select, unknownNode } from "../nodes.ts";
import { jsonLine, printable } from "../printable.ts";
import { withRemote } from "../remote.ts";
import { sayNote } from "../say.ts";
import { clockTime } from "../time.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const paint = paintFor(line, context.env, context.stdout);
  return withRemote(line, context, async (remote) => {
    const ending = new AbortController();
    // Watching begins first, so that nothing happens in between.
    const stop = watchInto(line, context, remote, paint, ending);
    try {
      stop.choose(await chosen(line, context, remote));
      await Promise.race([untilGone(remote, context, ending.signal), stop.failed]);
      await context.stdout.sent();
    } finally {
      stop.now();
    }
    return 0;
  });
}

/**
 * @returns how to stop; how to say which events are told, those from before included; and a promise
 * that rejects when nothing can be printed any more
 */
function watchInto(
  line: Line,
  { stdout, ...context }: Context,
  remote: RemoteSupervisor,
  paint: Paint,
  ending: AbortController,
): { now(): void; choose(filter: EventFilter): void; failed: Promise<never> } {
  let wanted: EventFilter | undefined;
  const early: TreeEvent[] = [];
  const isJson = line.flag("json");
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let isFull = false;
  let unread = 0;
  const now = remote.watch((event) => {
    if (event.kind === "ending") ending.abort();
    if (wanted === undefined) early.push(event);
    else tell(event, wanted);
  });
  const choose = (filter: EventFilter): void => {
    wanted = filter;
    for (const event of early.splice(0)) tell(event, filter);
  };
  return { now, choose, failed };

  function tell(event: TreeEvent, filter: EventFilter): void {
    if (!filter.wants(event)) return;
    if (isFull) return void unread++;
    try {
      const room = stdout.send(Buffer.from(isJson ? jsonLine(event) : textOf(event, paint)));
      if (room !== undefined) void whenThereIs(room);
    } catch (error) {
      fail(error);
    }
  }

  /** A reader that stands still for long must not make us hoard. */
  async function whenThereIs(room: Promise<void>): Promise<void> {
    isFull = true;
    await room;
    isFull = false;
    if (unread > 0)
      sayNote(
        { stdout, ...context },
        `${unread} events were not read in time, and are missing here`,
      );
    unread = 0;
  }
}

/** Nodes that there are not yet may come. */
async function chosen(
  line: Line,
  context: Context,
  remote: RemoteSupervisor,
): Promise<EventFilter> {
  const { names } = line;
  const status = names.length === 0 ? { nodes: {} } : await remote.status();
  for (const name of select(status, names).unknown) sayNote(context, unknownNode(name, status));
  return new EventFilter(names, status);
}

function textOf({ at, kind, text }: TreeEvent, paint: Paint): string {
  return `${paint("dim", clockTime(at))} ${paint(STYLES[kind], printable(text))}\n`;
}

const STYLES: Partial<Record<TreeEvent["kind"], Style>> = {
  failed: "red",
  exited: "red",
  revived: "yellow",
  started: "green",
  ready: "green",
  ending: "bold",
};
