/** `coppice zeek FILE`: a Supervisor whose nodes are those of the file. */
import path from "node:path";
import { AlreadyRunningError, FileError, StateDirectoryError } from "../../errors.ts";
import { makeDirectories } from "../../os/files.ts";
import { leaveProcessOne } from "../../os/init.ts";
import { lockHolder } from "../../os/lock.ts";
import { errnoText } from "../../os/tools.ts";
import type { Context } from "../context.ts";
import { CRASH_OPTIONS, type CrashValues, crashOptionsOf } from "../crash-options.ts";
import type { Line } from "../line.ts";
import { remoteOptionsOf } from "../remote-options.ts";
import { sayError, sayNote } from "../say.ts";
import { askPlanner } from "./ask-planner.ts";
import type { RunPlan } from "./planner.ts";
import { requestOf } from "./request.ts";
import { keepSeed } from "./seed.ts";

/** Ends this process with the tree, if it comes to that. @returns the exit status if it does not */
export async function runCluster(file: string, line: Line, context: Context): Promise<number> {
  // Before anything is said, which would else be said twice.
  leaveProcessOne((text) => context.stderr.write(`${text}\n`));
  const request = requestOf(file, line, context);
  const { stateDirectory } = request;
  const remote = remoteOptionsOf(remoteValues(line, context));
  const crashes = crashOptionsOf(crashValues(line));
  // Else each of its ports would be told to be taken.
  const pid = lockHolder(path.join(stateDirectory, "supervisor.lock"));
  if (pid !== undefined) throw new AlreadyRunningError(pid, stateDirectory);
  const answer = await askPlanner(request, context);
  if ("error" in answer) {
    sayError(context, answer.error);
    return answer.exitStatus;
  }
  if ("problems" in answer) {
    for (const problem of answer.problems) sayError(context, problem);
    return 1;
  }
  const { plan } = answer;
  for (const note of plan.notes) sayNote(context, note);
  if (plan.nodes.length === 0) {
    sayError(context, `${file}: there is no node to run`);
    return 1;
  }
  prepare(plan, stateDirectory);
  const { bootSupervisor } = await import("../../supervisor/boot.ts");
  await bootSupervisor({
    stateDirectory,
    handedDown: {
      scripts: [],
      exec: [],
      directory: context.directory,
      bareMode: false,
      ignoreChecksums: false,
      defines: {},
    },
    remote,
    crashes,
    nodes: plan.nodes,
  });
  return 0;
}

function remoteValues(line: Line, { directory }: Context): Parameters<typeof remoteOptionsOf>[0] {
  const file = (option: string): string | undefined => {
    const name = line.text(option);
    return name === undefined ? undefined : path.resolve(directory, name);
  };
  return {
    listen: line.text("listen"),
    websocket: line.text("websocket"),
    "token-file": file("token-file"),
    "read-token-file": file("read-token-file"),
    "tls-cert": file("tls-cert"),
    "tls-key": file("tls-key"),
    "tls-ca": file("tls-ca"),
    "no-tls": line.flag("no-tls"),
    "allow-host": line.list("allow-host"),
    insecure: line.flag("insecure"),
  };
}

function crashValues(line: Line): CrashValues {
  return Object.fromEntries(Object.keys(CRASH_OPTIONS).map((name) => [name, line.text(name)]));
}

/** From here on something is changed on disk. @throws CoppiceError */
function prepare({ directories, seed }: RunPlan, stateDirectory: string): void {
  for (const directory of directories) {
    try {
      makeDirectories(directory);
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new FileError(`cannot make the directory ${directory}: ${reason}`);
    }
  }
  if (seed === undefined) return;
  try {
    keepSeed(stateDirectory, seed);
  } catch (error) {
    throw new StateDirectoryError(stateDirectory, errnoText(error as NodeJS.ErrnoException));
  }
}
