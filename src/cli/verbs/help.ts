/** `coppice help [VERB]`. */
import type { Context } from "../context.ts";
import { commandHelp, verbHelp } from "../help.ts";
import { inWords, type Line } from "../line.ts";
import { findVerb, SHOWN_VERBS, verbLike } from "../verbs.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const [name] = line.names;
  if (name === undefined) {
    context.stdout.write(commandHelp());
    return 0;
  }
  const verb = findVerb(name);
  if (verb === undefined) {
    const meant = verbLike(name);
    const all = inWords(SHOWN_VERBS.map((one) => one.name));
    throw line.wrong(
      `there is no verb '${name}'${meant === undefined ? `, but ${all}` : `; did you mean '${meant}'?`}`,
    );
  }
  context.stdout.write(verbHelp(verb));
  return 0;
}
