/** `coppice reload`: the Supervisor is replaced, and its nodes go on. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { Reloaded } from "../../core/api.ts";
import { summaryOf } from "../../core/reloaded.ts";
import { NoSupervisorError } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { refuseOperands } from "../operands.ts";
import { jsonLine, printable } from "../printable.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { sayError } from "../say.ts";

/** How long the next Supervisor may not be heard of (ms). */
const ABSENCE_MS = 30_000;
const LOOK_MS = 100;

export async function run(line: Line, context: Context): Promise<number> {
  refuseOperands(line);
  const rolling = rollingOf(line);
  return withRemote(line, context, async (remote) => {
    refuseZeek(remote, "it reads its scripts once");
    const reloaded = await inTime(remote, remote.reload({ rolling }), line, context);
    if (reloaded === undefined) {
      const seconds = (line.seconds("timeout") ?? 0) / 1000;
      sayError(context, `not done after ${seconds} s; the Supervisor goes on with it`);
      return 1;
    }
    if (line.flag("json")) context.stdout.write(jsonLine(reloaded));
    else if (reloaded.error === undefined)
      context.stdout.write(`reloaded: ${printable(summaryOf(reloaded))}\n`);
    if (reloaded.error === undefined) return 0;
    sayError(
      context,
      `the scripts failed after all, and every node is as it was: ${reloaded.error}`,
    );
    return 1;
  });
}

/** @throws UsageError */
function rollingOf(line: Line): number | undefined {
  const text = line.text("rolling");
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count))
    throw line.wrong(`--rolling is how many nodes at a time: a whole number from 1, not '${text}'`);
  return count;
}

/** @returns undefined if it takes longer than people want to wait. @throws NoSupervisorError (a rejection) */
async function inTime(
  remote: RemoteSupervisor,
  reloading: Promise<Reloaded>,
  line: Line,
  context: Context,
): Promise<Reloaded | undefined> {
  const timeout = line.seconds("timeout");
  const start = performance.now();
  let heard = start;
  let isOver = false;
  const done = reloading.finally(() => {
    isOver = true;
  });
  const watch = async (): Promise<undefined> => {
    while (!isOver) {
      await Promise.race([context.sleep(LOOK_MS), done.catch(() => {})]);
      const now = performance.now();
      if (remote.isConnected) heard = now;
      if (now - heard > ABSENCE_MS)
        throw new NoSupervisorError(
          `the Supervisor has not come back within ${ABSENCE_MS / 1000} s`,
        );
      if (timeout !== undefined && now - start > timeout) return undefined;
    }
    return undefined;
  };
  return Promise.race([done, watch().then((late) => (isOver ? done : late))]);
}
