/** `coppice top`: the tree on the screen, and orders to it by single keys. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { CoppiceError } from "../../errors.ts";
import { watchIfItCan } from "../attend.ts";
import { beginWatch } from "../begin-watch.ts";
import { type Paint, paintFor } from "../colour.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { jsonLine } from "../printable.ts";
import { whereTo, withRemote } from "../remote.ts";
import { plainFrame } from "../top/frame.ts";
import { FIRST_LOOK, type SortBy } from "../top/model.ts";
import { TopScreen } from "../top/screen.ts";
import { Watcher } from "../top/watcher.ts";
import { Waker } from "../waker.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const sort = line.choice<SortBy>("sort", ["name", "cpu", "memory", "uptime"]) ?? "name";
  const paint = paintFor(line, context.env, context.stdout);
  const timeout = line.seconds("timeout") ?? TIMEOUT_MS;
  return withRemote(line, context, (remote) => top(line, context, remote, paint, sort), timeout);
}

async function top(
  line: Line,
  context: Context,
  remote: RemoteSupervisor,
  paint: Paint,
  sort: SortBy,
): Promise<number> {
  const begun = await beginWatch(line, context, remote);
  if (begun === undefined) return 1;
  const isHere = whereTo(line, context).url.startsWith("unix:");
  const watcher = new Watcher(remote, context, line.names, isHere);
  const looking = { ...FIRST_LOOK, sort };
  if (line.flag("json")) return streamJson(watcher, context, remote);
  if (begun.usesScreen) return new TopScreen(watcher, context, remote, paint, looking).run();
  // What is used of a CPU is known only after some time.
  await watcher.look();
  await context.sleep(BEAT_MS);
  await watcher.look();
  if (watcher.problem !== undefined) throw watcher.problem;
  context.stdout.write(`${plainFrame(watcher.scene(), looking, paint).join("\n")}\n`);
  return begun.isComplete ? 0 : 1;
}

/** An object each second, and whenever something happens, until the tree has ended. */
async function streamJson(
  watcher: Watcher,
  context: Context,
  remote: RemoteSupervisor,
): Promise<number> {
  let isEnding = false;
  const stop = watchIfItCan(remote, ({ kind }) => {
    if (kind === "ending") isEnding = true;
  });
  const waker = new Waker(context);
  try {
    for (;;) {
      await watcher.look();
      if (watcher.problem !== undefined) {
        if (isEnding) return 0;
        throw watcher.problem;
      }
      context.stdout.write(jsonOf(watcher));
      await waker.wait(BEAT_MS, BEAT_MS);
    }
  } catch (error) {
    if (isEnding && error instanceof CoppiceError) return 0;
    throw error;
  } finally {
    stop();
  }
}

/** `{"at", "supervisor", "stem", "nodes": {NAME: {…status, cpu, memory, load}}}`, in one line. */
function jsonOf(watcher: Watcher): string {
  const { now: at, pids, nodes } = watcher.scene();
  const entries = nodes.map(({ name, status, usage, load }) => {
    const known = load === "unknown" ? {} : { load };
    return [name, { ...status, ...usage, ...known }];
  });
  return jsonLine({ at, ...pids, nodes: Object.fromEntries(entries) });
}

const BEAT_MS = 1_000;
/** Whoever looks on should soon see that nobody answers. */
const TIMEOUT_MS = 3_000;
