/** Where records of crashes come from: a Supervisor, or where none runs its state directory. */
import fs from "node:fs";
import path from "node:path";
import type { SupervisorApi } from "../core/api.ts";
import type { Status } from "../core/status.ts";
import { FileError, NoSupervisorError } from "../errors.ts";
import { CRASHES, readRecord, readSummaries } from "../evidence/files.ts";
import { errnoText } from "../os/tools.ts";
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";
import { whereTo, withRemote } from "./remote.ts";

export interface CrashSource extends Pick<SupervisorApi, "crashes" | "crash"> {
  /** The nodes that there are; undefined where nobody can say. */
  status(): Promise<Status | undefined>;
}

/** @throws CoppiceError */
export async function withCrashes<Result>(
  line: Line,
  context: Context,
  act: (source: CrashSource) => Promise<Result>,
): Promise<Result> {
  try {
    const own = (remote: SupervisorApi): Promise<Result> =>
      act({
        crashes: (name) => remote.crashes(name),
        crash: (id) => remote.crash(id),
        status: async () => remote.status(),
      });
    return await withRemote(line, context, own, line.seconds("timeout"));
  } catch (error) {
    const { directory } = whereTo(line, context);
    const isHere = directory !== undefined && fs.existsSync(directory);
    if (!isHere || !(error instanceof NoSupervisorError)) throw error;
    return act(onDisk(path.join(directory, CRASHES)));
  }
}

function onDisk(directory: string): CrashSource {
  const attempt = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    try {
      return await act();
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new FileError(`cannot read the records of crashes in ${directory}: ${reason}`);
    }
  };
  return {
    crashes: (name) => attempt(() => readSummaries(directory, name)),
    crash: (id) => attempt(() => readRecord(directory, id)),
    status: async () => undefined,
  };
}
