/** `coppice zeek FILE`: a Supervisor whose nodes are those of the file. */
import path from "node:path";
import { AlreadyRunningError, FileError, StateDirectoryError } from "../../errors.ts";
import { leaveProcessOne } from "../../os/init.ts";
import { lockHolder } from "../../os/lock.ts";
import { errnoText } from "../../os/tools.ts";
import { makeOwnDirectory } from "../../supervisor/config/node-directory.ts";
import { isStemWaiting } from "../../supervisor/link/stem-record.ts";
import { rehearsalOrder } from "../../supervisor/reload/invocation.ts";
import { places } from "../../wire/stem-setup.ts";
import type { Context } from "../context.ts";
import { CRASH_OPTIONS, type CrashValues, crashOptionsOf } from "../crash-options.ts";
import { keepTime } from "../keep-time.ts";
import type { Line } from "../line.ts";
import { logOptionsOf } from "../log-options.ts";
import { remoteOptionsOf } from "../remote-options.ts";
import { sayError, sayNote } from "../say.ts";
import { askPlanner } from "./ask-planner.ts";
import type { PlannerAnswer, RunPlan } from "./planner.ts";
import { requestOf } from "./request.ts";
import { keepSeed } from "./seed.ts";

/** Ends this process with the tree, if it comes to that. @returns the exit status if it does not */
export async function runCluster(file: string, line: Line, context: Context): Promise<number> {
  // Before anything is said, which would else be said twice.
  leaveProcessOne((text) => context.stderr.write(`${text}\n`));
  const request = requestOf(file, line, context);
  const { stateDirectory } = request;
  const remote = remoteOptionsOf(remoteValues(line, context));
  const keep = line.text("keep");
  const log = logOptionsOf({
    "log-format": line.text("log-format"),
    "log-timestamps": line.text("log-timestamps"),
  });
  const crashes = crashOptionsOf(crashValues(line));
  // Else each of its ports would be told to be taken.
  const pid = lockHolder(path.join(stateDirectory, places.lock));
  const rehearsal = rehearsalOrder(process.env);
  if (pid !== undefined && rehearsal === undefined)
    throw new AlreadyRunningError(pid, stateDirectory);
  const answer = await askPlanner(request, context);
  const problems = problemsOf(answer, file);
  for (const problem of problems) sayError(context, problem);
  // A tree that waits for its next Supervisor is looked after, whatever has become of the file.
  const isAwaited = rehearsal === undefined && isStemWaiting(stateDirectory);
  if (problems.length > 0 && !isAwaited) return "error" in answer ? answer.exitStatus : 1;
  const [trouble] = problems;
  const plan = "plan" in answer ? answer.plan : NOTHING;
  for (const note of plan.notes) sayNote(context, note);
  if (rehearsal?.purpose !== "plan") prepare(plan, stateDirectory);
  const { bootSupervisor } = await import("../../supervisor/boot.ts");
  await bootSupervisor({
    stateDirectory,
    ...(trouble === undefined ? {} : { trouble }),
    ...(keep === undefined ? {} : { keep: keepTime(keep) }),
    handedDown: {
      scripts: [],
      exec: [],
      directory: context.directory,
      bareMode: false,
      ignoreChecksums: false,
      defines: {},
    },
    remote,
    log,
    crashes,
    nodes: plan.nodes,
  });
  return 0;
}

/** Why it cannot be run: lines. */
function problemsOf(answer: PlannerAnswer, file: string): string[] {
  if ("error" in answer) return [answer.error];
  if ("problems" in answer) return answer.problems;
  return answer.plan.nodes.length === 0 ? [`${file}: there is no node to run`] : [];
}

const NOTHING: RunPlan = { nodes: [], notes: [], directories: [] };

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
function prepare({ directories, nodes, seed }: RunPlan, stateDirectory: string): void {
  const [writer = { name: "" }] = nodes;
  for (const directory of directories) {
    try {
      // Where nodes write: theirs, if they are somebody else.
      makeOwnDirectory(directory, writer);
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
