/** `coppice stop`: the whole tree ends, in order. */
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { jsonLine } from "../printable.ts";
import { withRemote } from "../remote.ts";
import { sayError } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  if (line.names.length > 0)
    throw line.wrong(
      "stop ends the whole tree and takes no nodes: coppice destroy NODE... ends some of them",
    );
  const timeout = line.seconds("timeout");
  return withRemote(line, context, async (remote) => {
    const ended = remote.stop().then(() => true);
    const late = timeout === undefined ? [] : [context.sleep(timeout).then(() => false)];
    if (!(await Promise.race([ended, ...late]))) {
      sayError(
        context,
        `the tree has not ended after ${(timeout ?? 0) / 1000} s; it goes on ending`,
      );
      return 1;
    }
    context.stdout.write(line.flag("json") ? jsonLine({ ended: true }) : "the tree has ended\n");
    return 0;
  });
}
