/** `coppice status --watch`: the table again and again, at once when something happens. */
import type { RemoteSupervisor } from "../control/client.ts";
import type { NodeStatus } from "../core/status.ts";
import { ConnectionLostError, NoSupervisorError } from "../errors.ts";
import { watchIfItCan } from "./attend.ts";
import { beginWatch } from "./begin-watch.ts";
import type { Paint } from "./colour.ts";
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";
import { select } from "./nodes.ts";
import { Screen } from "./screen.ts";
import { statusJson } from "./status-json.ts";
import { LoadMeter, type UsageOfNodes, usageOf } from "./usage.ts";
import { Waker } from "./waker.ts";
import { type Frame, linesOf, screenOf } from "./watch-frame.ts";

/** Redraws until the tree has ended; on a screen, until a signal ends the process. @throws CoppiceError */
export async function watchStatus(
  line: Line,
  context: Context,
  remote: RemoteSupervisor,
  paint: Paint,
): Promise<number> {
  const { stdout } = context;
  const begun = await beginWatch(line, context, remote);
  if (begun === undefined) return 1;
  const waker = new Waker(context);
  let isEnding = false;
  const stopWatching = watchIfItCan(remote, ({ kind }) => {
    if (kind === "ending") isEnding = true;
    waker.ring();
  });
  const screen = begun.usesScreen ? new Screen(context) : undefined;
  try {
    const look = looker(line.names, context, remote, paint);
    for (;;) {
      const frame = await look();
      // Whoever looks on may wait for the Supervisor to come back; a program had better know.
      if (frame.problem !== undefined && screen === undefined) {
        if (isEnding) return 0;
        throw frame.problem;
      }
      if (screen !== undefined) screen.draw(screenOf(frame, stdout));
      else if (line.flag("json")) stdout.write(statusJson(frame.nodes, frame.usage));
      else stdout.write(`${linesOf(frame).join("\n")}\n\n`);
      await waker.wait(REDRAW_MS, CROWD_MS);
    }
  } finally {
    screen?.leave();
    stopWatching();
  }
}

/** What there is to show: the last that is known, while the connection is broken. */
function looker(
  names: readonly string[],
  context: Context,
  remote: RemoteSupervisor,
  paint: Paint,
): () => Promise<Frame> {
  const meter = new LoadMeter();
  let usage: UsageOfNodes = new Map();
  let nodes: [string, NodeStatus][] = [];
  let sampledAt = Number.NEGATIVE_INFINITY;
  let problem: Frame["problem"];
  return async () => {
    try {
      nodes = await wanted();
      await sample();
      problem = undefined;
    } catch (error) {
      if (!(error instanceof ConnectionLostError || error instanceof NoSupervisorError))
        throw error;
      problem = error;
    }
    return { nodes, usage, meter, now: context.now(), paint, problem, isZeek: remote.isZeek };
  };

  async function wanted(): Promise<[string, NodeStatus][]> {
    return select(await remote.status(), names).found;
  }

  /** Not for every event: over a short time a load says little, and costs the Supervisor much. */
  async function sample(): Promise<void> {
    if (context.now() - sampledAt < SAMPLE_MS) return;
    usage = await usageOf(remote);
    sampledAt = context.now();
    meter.sample(nodes, usage, sampledAt);
  }
}

const REDRAW_MS = 2_000;
/** What happens within this time is shown together. */
const CROWD_MS = 100;
const SAMPLE_MS = 1_500;
