/** What people are told while a command waits for a node that waits for others. */
import type { RemoteSupervisor } from "../control/client.ts";
import type { Context } from "./context.ts";
import { nodeOf } from "./nodes.ts";
import { sayNote } from "./say.ts";
import { stateText } from "./status-table.ts";

/** After this time somebody wonders (ms). */
const PATIENCE_MS = 2_000;

/** Resolves as the act does; if that takes long and the node waits for others, it is told for whom. */
export async function tellingWaits<Result>(
  act: Promise<Result>,
  node: string,
  remote: RemoteSupervisor,
  context: Context,
): Promise<Result> {
  const done = new AbortController();
  tell().catch(() => {}); // It was no more than a word.
  try {
    return await act;
  } finally {
    done.abort();
  }

  async function tell(): Promise<void> {
    await context.sleep(PATIENCE_MS, done.signal);
    if (done.signal.aborted || remote.isZeek) return;
    const status = nodeOf(await remote.status(node), node);
    if (done.signal.aborted || status?.waitsFor === undefined) return;
    sayNote(context, `node '${node}' is ${stateText(status, context.now())}`);
  }
}
