/** `coppice __names`: a name a line, for completions. What goes wrong is nothing to complete. */
import { CoppiceError } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { withRemote } from "../remote.ts";

export async function run(line: Line, context: Context): Promise<number> {
  try {
    const timeout = line.seconds("timeout") ?? PATIENCE_MS;
    const { nodes } = await withRemote(line, context, (remote) => remote.status(), timeout);
    context.stdout.write(
      Object.keys(nodes)
        .map((name) => `${name}\n`)
        .join(""),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    return error.exitStatus;
  }
}

/** Somebody has pressed a key and waits. */
const PATIENCE_MS = 2_000;
