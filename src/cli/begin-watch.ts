/** What comes before watching: are there such nodes at all, and is there a screen to draw them on. */
import type { RemoteSupervisor } from "../control/client.ts";
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";
import { select, unknownNode } from "./nodes.ts";
import { sayError } from "./say.ts";

export interface Beginning {
  /** Whether there is every node that was named. */
  isComplete: boolean;
  /** Whether to draw in place; else what is seen is written line by line. */
  usesScreen: boolean;
}

/**
 * Says which of the nodes that were named are not there.
 * @returns undefined if none of them is, so that there is nothing to watch
 * @throws CoppiceError (a rejection)
 */
export async function beginWatch(
  line: Line,
  context: Context,
  remote: RemoteSupervisor,
): Promise<Beginning | undefined> {
  const { stdout, env } = context;
  const status = await remote.status();
  const { found, unknown } = select(status, line.names);
  for (const name of unknown) sayError(context, unknownNode(name, status));
  if (found.length === 0 && unknown.length > 0) return undefined;
  const canDraw = stdout.isTerminal && env["TERM"] !== "dumb";
  return { isComplete: unknown.length === 0, usesScreen: canDraw && !line.flag("json") };
}
