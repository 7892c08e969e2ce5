/** `coppice __names`: a name a line, for completions. What goes wrong is nothing to complete. */
import { CoppiceError } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { groupsOf } from "../nodes.ts";
import { withRemote } from "../remote.ts";

export async function run(line: Line, context: Context): Promise<number> {
  try {
    const timeout = line.seconds("timeout") ?? PATIENCE_MS;
    const status = await withRemote(line, context, (remote) => remote.status(), timeout);
    const groups = line.flag("groups") ? groupsOf(status) : [];
    const words = [...Object.keys(status.nodes), ...groups];
    context.stdout.write(words.map((word) => `${word}\n`).join(""));
    return 0;
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    return error.exitStatus;
  }
}

/** Somebody has pressed a key and waits. */
const PATIENCE_MS = 2_000;
