/** Has another process rehearse: the newest Coppice on disk, with this Supervisor's command line. */
import fs from "node:fs";
import { ReloadError } from "../../errors.ts";
import { ask } from "../../os/ask.ts";
import { killedWithUs } from "../../os/tools.ts";
import { type Invocation, type RehearsalOrder, withRehearsal } from "./invocation.ts";
import type { Rehearsal, Rehearsed } from "./rehearse.ts";

/** How long it may take in all (ms): scripts are loaded, and may wait for something in `init`. */
const PATIENCE_MS = 60_000;

/** @throws ReloadError (a rejection) if scripts fail, or Coppice itself does */
export async function askRehearsal(
  { executable, nodeOptions, argv, directory, env }: Invocation,
  order: RehearsalOrder,
): Promise<Rehearsed> {
  fs.rmSync(order.answer, { force: true });
  // It has no end of its own if a script has none, and must not outlive us.
  const prefix = killedWithUs();
  let output = "";
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const command = [...prefix, executable, ...nodeOptions, ...argv];
    const told = { env: withRehearsal(env, order), cwd: directory, signal };
    ({ output } = await ask(command, told));
    const rehearsal = JSON.parse(fs.readFileSync(order.answer, "utf8")) as Rehearsal;
    if ("error" in rehearsal) throw new ReloadError(rehearsal.error);
    return rehearsal;
  } catch (error) {
    if (error instanceof ReloadError) throw error;
    throw new ReloadError(reasonOf(error as NodeJS.ErrnoException, output));
  } finally {
    fs.rmSync(order.answer, { force: true });
  }
}

/** It has not said what it found: the last that it printed tells most. */
function reasonOf(error: NodeJS.ErrnoException, output: string): string {
  if (error.name === "TimeoutError")
    return `the scripts were not loaded within ${PATIENCE_MS / 1000} s`;
  const line = output
    .split("\n")
    .map((text) => text.trim())
    .filter((text) => /\w/.test(text) && !text.startsWith("at ") && !text.startsWith("Node.js v"))
    .find((text) => /error/i.test(text));
  return line ?? `the scripts could not be tried: ${error.message}`;
}
