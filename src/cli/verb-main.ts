/** A verb's process, from its name to its exit status. */
import fs from "node:fs";
import path from "node:path";
import { CoppiceError, ScriptError } from "../errors.ts";
import { type Context, processContext } from "./context.ts";
import type { Call } from "./dispatch.ts";
import { verbHelp } from "./help.ts";
import { parseLine } from "./line.ts";
import { ReaderGone } from "./output.ts";
import { sayError } from "./say.ts";
import type { Verb } from "./verb.ts";
import { findVerb, verbLike } from "./verbs.ts";

/**
 * Runs the verb and ends this process.
 * @returns false if the word is no verb, but may be a script. @throws ScriptError if it is neither
 */
export async function mainOfVerb({ word, argv }: Call): Promise<boolean> {
  const verb = findVerb(word);
  if (verb === undefined) {
    refuseMistyped(word, process.cwd());
    return false;
  }
  process.exit(await runVerb(verb, argv, processContext()));
}

/** @returns the exit status */
export async function runVerb(
  verb: Verb,
  argv: readonly string[],
  context: Context,
): Promise<number> {
  try {
    const line = parseLine(verb, argv);
    if (line.flag("help")) {
      context.stdout.write(verbHelp(verb));
      return 0;
    }
    const { run } = await verb.load();
    return await run(line, context);
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    if (!(error instanceof CoppiceError)) throw error;
    sayError(context, error.message);
    return error.exitStatus;
  }
}

/** @throws ScriptError if there is no such file, but a verb is called much like it */
export function refuseMistyped(word: string, directory: string): void {
  const file = path.resolve(directory, word);
  const meant = verbLike(word);
  if (meant === undefined || fs.existsSync(file)) return;
  throw new ScriptError(file, `no such file; did you mean coppice ${meant}?`);
}
