/**
 * A tree that an earlier Supervisor has left, this process's own earlier image perhaps, gets what the
 * scripts want now. If they fail, every node stays as it is, and people can mend them.
 */
import type { NodeConfig } from "../../core/config.ts";
import { summaryOf } from "../../core/reloaded.ts";
import { CoppiceError } from "../../errors.ts";
import { within } from "../../os/within.ts";
import { describe, raise } from "../../script/lifecycle.ts";
import type { Parts } from "../assemble.ts";

export interface TakeOverOptions {
  /** Loads the scripts. @throws what they throw (a rejection) */
  load(): Promise<void>;
  /** Those of the command line. */
  nodes: readonly NodeConfig[];
  /** Whether a script has failed, wherever. */
  hasFailed(): boolean;
  say(text: string): void;
}

/** How long handlers of `init` may take before people are told what is waited for (ms). */
const SAY_AFTER_MS = 10_000;

/** Resolves when the nodes are as they are to be. Never rejects. */
export async function takeOver(parts: Parts, options: TakeOverOptions): Promise<void> {
  const { supervisor, reloads, ending } = parts;
  const { say } = options;
  try {
    await ask(parts, options);
    if (options.hasFailed()) throw new CoppiceError("COPPICE_SCRIPT", "a script has failed");
    if (ending.hasBegun) return;
    const done = await supervisor.settle();
    say(`info: taken over: ${summaryOf(done)}`);
    reloads.done(done);
  } catch (error) {
    const reason = error instanceof CoppiceError ? error.message : describe(error);
    say(`error: ${reason}: every node stays as it is, until a reload succeeds`);
    supervisor.keepAll();
    const kept = Object.keys(supervisor.status().nodes);
    const [line = ""] = reason.split("\n");
    reloads.done({ kept, changed: [], started: [], stopped: [], error: line });
  }
}

/** Has the scripts ask for what they want: what they no longer ask for is known only after that. */
async function ask({ api, kept }: Parts, { load, nodes, say }: TakeOverOptions): Promise<void> {
  await load();
  for (const node of nodes) void api.create(node);
  const init = raise("init").then(() => kept.told());
  await within(SAY_AFTER_MS, init, () => {
    say(
      "info: handlers of 'init' are still at work: what scripts no longer create ends after them",
    );
  });
  await init;
}
