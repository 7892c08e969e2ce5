/** Has another process rehearse: the newest Coppice on disk, with this Supervisor's command line. */
import { ReloadError } from "../../errors.ts";
import { type Answer, askAside } from "../../os/ask.ts";
import { killedWithUs } from "../../os/tools.ts";
import { type Invocation, type RehearsalOrder, withRehearsal } from "./invocation.ts";
import type { Rehearsal, Rehearsed } from "./rehearse.ts";

/** How long it may take in all (ms): scripts are loaded, and may wait for something in `init`. */
const PATIENCE_MS = 60_000;

/** How long it may take to end once it has said what it found (ms). */
const END_MS = 1_000;

export interface Asked {
  rehearsed: Rehearsed;
  /** Resolves when nothing of it is left. */
  over: Promise<void>;
}

/** @throws ReloadError (a rejection) if scripts fail, or Coppice itself does */
export async function askRehearsal(
  { executable, nodeOptions, argv, directory, env }: Invocation,
  order: RehearsalOrder,
): Promise<Asked> {
  const enough = new AbortController();
  // It has no end of its own if a script has none, and must not outlive us.
  const command = [...killedWithUs(), executable, ...nodeOptions, ...argv];
  const { said, ended } = askAside(command, {
    env: withRehearsal(env, order),
    cwd: directory,
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), enough.signal]),
  });
  const over = ended.then(
    () => {},
    () => {},
  );
  const text = await said;
  if (text === "") throw new ReloadError(await whyNothing(ended));
  const timer = setTimeout(() => enough.abort(), END_MS);
  void over.then(() => clearTimeout(timer));
  const rehearsal = JSON.parse(text) as Rehearsal;
  if ("error" in rehearsal) throw new ReloadError(rehearsal.error);
  return { rehearsed: rehearsal, over };
}

async function whyNothing(ended: Promise<Answer>): Promise<string> {
  try {
    return reasonIn((await ended).output) ?? "the scripts could not be tried: it ended at once";
  } catch (error) {
    if ((error as Error).name === "TimeoutError")
      return `the scripts were not loaded within ${PATIENCE_MS / 1000} s`;
    return `the scripts could not be tried: ${(error as Error).message}`;
  }
}

/** It has not said what it found: the last that it printed tells most. */
function reasonIn(output: string): string | undefined {
  return output
    .split("\n")
    .map((text) => text.trim())
    .filter((text) => /\w/.test(text) && !text.startsWith("at ") && !text.startsWith("Node.js v"))
    .find((text) => /error/i.test(text));
}
