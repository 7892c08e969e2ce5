/** The Supervisor's process, from its first line to its last. */
import fs from "node:fs";
import path from "node:path";
import { CoppiceError, NodeConfigError, StateDirectoryError } from "../errors.ts";
import { systemClock } from "../os/clock.ts";
import { writePrivateFile } from "../os/files.ts";
import { prepareImage, removeOtherImages } from "../os/image.ts";
import { errnoText } from "../os/tools.ts";
import { Pipeline } from "../output/pipeline.ts";
import { Sink } from "../output/sink.ts";
import { type HandedDown, setArgs } from "../script/args.ts";
import { describe, hooksOf, onHandlerError, raise } from "../script/lifecycle.ts";
import { loadScripts } from "../script/load.ts";
import { installModuleHooks } from "../script/modules.ts";
import { flushCompileCache, useCompileCache } from "../script/options.ts";
import { setRole } from "../script/role.ts";
import { sayTerminated } from "../script/run.ts";
import { places } from "../wire/stem-setup.ts";
import { acceptConfig } from "./config-schema.ts";
import { Ending, ExitRequested } from "./ending.ts";
import { LinkServer } from "./link-server.ts";
import { OutputReceiver } from "./output-receiver.ts";
import { redirectOwnOutput } from "./own-output.ts";
import { StateDirectory } from "./state-directory.ts";
import { startStem } from "./stem-process.ts";
import { Supervisor } from "./supervisor.ts";

export interface SupervisorOptions {
  stateDirectory: string;
  handedDown: HandedDown;
  /** The Supervisor's own, which nodes never get. */
  interface?: string;
  pcapFile?: string;
}

/**
 * Runs a Supervisor until it is told to end, and then ends this process.
 * @throws CoppiceError if it cannot start; then nothing is left running
 */
export async function runSupervisor(options: SupervisorOptions): Promise<void> {
  process.title = "coppice: supervisor";
  const env = inheritable(process.env);
  const sinks = { stdout: new Sink(1, lost("stdout")), stderr: new Sink(2) };
  const pipeline = new Pipeline({
    sinks,
    hooks: hooksOf,
    onHookError: (error) => say(`error: a hook failed: ${describe(error)}`),
  });
  redirectOwnOutput(pipeline, sinks);

  const state = StateDirectory.take(path.resolve(options.stateDirectory));
  await state.awaitEarlierTree(say);
  const { handedDown } = options;
  const receiver = new OutputReceiver(pipeline, [sinks.stdout, sinks.stderr]);
  const link = new LinkServer(receiver, {
    connected: () => supervisor.connected(),
    message: (message) => supervisor.receive(message),
    disconnected: () => supervisor.disconnected(),
  });
  const image = await prepare(state, handedDown, link);
  const supervisor = new Supervisor({
    clock: systemClock,
    startStem: (exited) => {
      const stem = startStem(
        {
          image,
          stateDirectory: state.path,
          env,
          output: { stdout: pipeline.source("", "stdout"), stderr: pipeline.source("", "stderr") },
          expect: (token) => link.expect(token),
        },
        exited,
      );
      if (stem.pid > 0) state.rememberStem(stem.pid);
      return stem;
    },
    accept: (config, isTaken) => {
      const accepted = acceptConfig(config, isTaken);
      makeDirectory(accepted.directory);
      return accepted;
    },
    strays: () => state.strays(),
    send: (message) => link.send(message),
    say,
    nodeStatus: (node, pid, status) => void raise("nodeStatus", node, pid, status),
    nodeExit: (node, exit, status) => void raise("nodeExit", node, exit, status),
  });
  const ending = new Ending({
    supervisor,
    state,
    link,
    receiver,
    sinks: [sinks.stdout, sinks.stderr],
    say,
  });

  setArgs(argsOf(options));
  setRole({
    kind: "supervisor",
    api: supervisor,
    stemPid: () => supervisor.stemPid(),
    terminate: () => ending.begin(0),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!ending.hasBegun) sayTerminated();
      ending.begin(0);
    });
  }
  ending.takeOverExit();
  installModuleHooks();
  useCompileCache(state.file("cache"));
  const linked = supervisor.start();
  // Looked at only after the scripts are loaded; until then it must not count as unhandled.
  linked.catch(() => {});
  try {
    await loadScripts(handedDown.scripts, handedDown.exec);
    flushCompileCache();
    await linked;
  } catch (error) {
    if (ending.hasBegun) return ending.wait();
    if (error instanceof CoppiceError) say(`error: ${error.message}`);
    else say(`error: ${describe(error)}`);
    ending.begin(error instanceof CoppiceError ? error.exitStatus : 1, { quietly: true });
    return ending.wait();
  }
  // ---- From here on nothing may end the Supervisor but an order. ----
  const report = (error: unknown, what: string): void => {
    if (!(error instanceof ExitRequested)) say(`error: ${what}: ${describe(error)}`);
  };
  onHandlerError(report);
  process.on("uncaughtException", (error) => report(error, "uncaught exception"));
  process.on("unhandledRejection", (error) => report(error, "unhandled rejection"));
  if (!ending.hasBegun) void raise("init");
  return ending.wait();

  function say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  function lost(stream: string): (error: Error) => void {
    return (error) =>
      say(
        `error: cannot write to ${stream} any more (${error.message}): its lines are lost from here on`,
      );
  }
}

/** Everything that has to be there before the Stem is. */
async function prepare(
  state: StateDirectory,
  handedDown: HandedDown,
  link: LinkServer,
): Promise<string> {
  try {
    state.clear();
    const image = prepareImage(state.path);
    removeOtherImages(state.path, image);
    writePrivateFile(state.file(places.args), JSON.stringify(handedDown));
    await link.listen(state.path);
    return image;
  } catch (error) {
    throw new StateDirectoryError(state.path, errnoText(error as NodeJS.ErrnoException));
  }
}

function argsOf({ handedDown, ...own }: SupervisorOptions): Parameters<typeof setArgs>[0] {
  const { scripts, bareMode, ignoreChecksums, defines } = handedDown;
  return {
    scripts,
    bareMode,
    ignoreChecksums,
    defines,
    ...(own.interface === undefined ? {} : { interface: own.interface }),
    ...(own.pcapFile === undefined ? {} : { pcapFile: own.pcapFile }),
  };
}

/** Zeek's Supervisor makes a node's directory too, parents included. */
function makeDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    fs.mkdirSync(directory, { recursive: true });
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new NodeConfigError(`failed to create working directory ${directory}: ${reason}`);
  }
}

/** Nothing of a node that this Supervisor may itself run in. */
function inheritable(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { COPPICE_NODE: _node, COPPICE_STEM: _stem, CLUSTER_NODE: _cluster, ...rest } = env;
  return rest;
}
