/** Staying with a Supervisor until it has gone. */
import type { RemoteSupervisor } from "../control/client.ts";
import type { TreeEvent } from "../core/api.ts";
import { UnsupportedError } from "../errors.ts";
import type { Context } from "./context.ts";

/** Has `handler` called for what happens, where the other end tells. @returns what ends that */
export function watchIfItCan(
  remote: RemoteSupervisor,
  handler: (event: TreeEvent) => void,
): () => void {
  try {
    return remote.watch(handler);
  } catch (error) {
    if (error instanceof UnsupportedError) return () => {};
    throw error;
  }
}

/**
 * Resolves when the tree has ended. A connection that breaks and is made again is no end.
 * @param ending aborted when the tree has said that it ends
 * @throws NoSupervisorError (a rejection) if nobody answers any more
 */
export async function untilGone(
  remote: RemoteSupervisor,
  context: Context,
  ending: AbortSignal,
): Promise<void> {
  for (;;) {
    if (ending.aborted) await context.sleep(ENDING_BEAT_MS);
    else await context.sleep(BEAT_MS, ending);
    const settled = new AbortController();
    let failure: unknown;
    void remote
      .status(NO_NODE)
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => settled.abort());
    while (!settled.signal.aborted) {
      const isEnding = ending.aborted;
      await context.sleep(GRACE_MS, settled.signal);
      // As long as the connection stands, it may have stalled with its last lines still to come.
      if (isEnding && !settled.signal.aborted && !remote.isConnected) return;
    }
    if (failure === undefined) continue;
    if (ending.aborted) return;
    throw failure;
  }
}

/** The shortest question: no node can be called so. */
const NO_NODE = " ";
const BEAT_MS = 2_000;
const ENDING_BEAT_MS = 250;
/** A tree that ends and is not to be reached for so long has ended. */
const GRACE_MS = 2_000;
