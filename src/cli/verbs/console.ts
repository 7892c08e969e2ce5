/** `coppice console`: where a browser finds the tree as a page. */
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { refuseOperands } from "../operands.ts";
import { jsonLine, printable } from "../printable.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { sayError } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  refuseOperands(line);
  return withRemote(
    line,
    context,
    async (remote) => {
      refuseZeek(remote, "it has no console");
      const { console: url } = remote;
      if (url === undefined) {
        sayError(
          context,
          "this Supervisor serves no console: start it with --websocket [ADDR:]PORT",
        );
        return 1;
      }
      const text = line.flag("json") ? jsonLine({ url }) : `${printable(url)}\n`;
      context.stdout.write(text);
      return 0;
    },
    line.seconds("timeout"),
  );
}
