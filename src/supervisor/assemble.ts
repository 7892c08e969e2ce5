/** Puts the Supervisor's parts together: output, state directory, link, Stem, and the Supervisor itself. */
import { Watchers } from "../control/watchers.ts";
import { ListenError, NodeConfigError, StateDirectoryError } from "../errors.ts";
import type { CrashOptions } from "../evidence/options.ts";
import { systemClock } from "../os/clock.ts";
import { makeDirectories, writePrivateFile } from "../os/files.ts";
import { removeOtherImages } from "../os/image.ts";
import { errnoText } from "../os/tools.ts";
import type { HandedDown } from "../script/args.ts";
import { raise, reportError } from "../script/lifecycle.ts";
import { places } from "../wire/stem-setup.ts";
import { acceptConfig } from "./config-schema.ts";
import { Ending } from "./ending.ts";
import { evidenceOf } from "./evidence.ts";
import { LinkServer } from "./link-server.ts";
import { LocalApi } from "./local-api.ts";
import { OutputReceiver } from "./output-receiver.ts";
import type { Console } from "./own-output.ts";
import { RemoteControl, type RemoteOptions } from "./remote-control.ts";
import type { StateDirectory } from "./state-directory.ts";
import { startStem } from "./stem-process.ts";
import { Supervisor } from "./supervisor.ts";

export interface Parts {
  api: LocalApi;
  supervisor: Supervisor;
  state: StateDirectory;
  ending: Ending;
}

export interface AssembleOptions {
  handedDown: HandedDown;
  remote: RemoteOptions;
  crashes?: CrashOptions;
}

export interface Surroundings {
  /** Taken for this process. */
  state: StateDirectory;
  image: string;
  /** What Stem and nodes inherit: the environment as no script has changed it yet. */
  env: NodeJS.ProcessEnv;
  output: Console;
}

/** @throws StateDirectoryError, ListenError */
export async function assemble(
  { handedDown, remote, crashes }: AssembleOptions,
  { state, image, env, output }: Surroundings,
): Promise<Parts> {
  const { pipeline, history, say } = output;
  const sinks = [output.sinks.stdout, output.sinks.stderr];
  await state.awaitEarlierTree(say);
  const evidence = evidenceOf({ options: crashes, stateDirectory: state.path, env, say });
  const ready = {
    statusOf: (name: string) => supervisor.statusOf(name),
    ready: (name: string, pid: number) => supervisor.printedReady(name, pid),
  };
  const receiver = new OutputReceiver(pipeline, sinks, ready, evidence);
  const link = new LinkServer(receiver, {
    connected: () => supervisor.connected(),
    message: (message) => supervisor.receive(message),
    disconnected: () => supervisor.disconnected(),
  });
  await prepare(state, image, handedDown, link);
  const stemOutput = {
    stdout: pipeline.source("", "stdout"),
    stderr: pipeline.source("", "stderr"),
  };
  const supervisor = new Supervisor({
    clock: systemClock,
    startStem: (exited) => {
      const expect = (token: string) => link.expect(token);
      const options = { image, stateDirectory: state.path, env, output: stemOutput, expect };
      const stem = startStem(options, exited);
      if (stem.pid > 0) state.rememberStem(stem.pid);
      return stem;
    },
    soon: (act) => void setImmediate(act),
    accept: (config, known) => {
      const accepted = acceptConfig(config, known);
      makeDirectory(accepted.directory);
      return accepted;
    },
    strays: () => state.strays(),
    send: (message) => link.send(message),
    say,
    stemSays: (text) => stemOutput.stderr.push(Buffer.from(`${text}\n`)),
    nodeStatus: (node, pid, status) => {
      control.nodeStatus(node, pid);
      void raise("nodeStatus", node, pid, status);
    },
    nodeExit: (node, exit, status) => void raise("nodeExit", node, exit, status),
    news: (news, pid, status) => evidence.news(news, pid, status),
    used: (node, pid, cpu) => evidence.used(node, pid, cpu),
    happened: (event) => {
      if (event.kind === "created") {
        history.arrived(event.node ?? "");
        evidence.created(supervisor.statusOf(event.node ?? "")?.node);
      }
      if (event.kind === "destroyed") evidence.destroyed(event.node ?? "");
      if (event.kind === "gone" && !supervisor.has(event.node ?? "")) {
        history.left(event.node ?? "");
        evidence.forget(event.node ?? "");
      }
      watchers.tell(event);
    },
  });
  const watchers = new Watchers((error) => reportError(error, "a watcher failed"));
  const api = new LocalApi({
    supervisor,
    history,
    watchers,
    evidence,
    terminate: () => ending.begin(0),
    log: logOf(output),
  });
  const control = new RemoteControl(api);
  const parts = { supervisor, state, link, receiver, control, sinks, evidence, say };
  const ending: Ending = new Ending(parts);
  await openControl(control, state, remote);
  return { api, supervisor, state, ending };
}

/** Everything that has to be there before the Stem is. */
async function prepare(
  state: StateDirectory,
  image: string,
  handedDown: HandedDown,
  link: LinkServer,
): Promise<void> {
  try {
    state.clear();
    state.makePipeDirectory();
    removeOtherImages(state.path, image);
    writePrivateFile(state.file(places.args), JSON.stringify(handedDown));
    await link.listen(state.path);
  } catch (error) {
    state.clear();
    throw new StateDirectoryError(state.path, errnoText(error as NodeJS.ErrnoException));
  }
}

/** A log of orders that never grows: while its reader stands still, orders are only counted. */
function logOf({ sinks, say }: Console): (text: string) => void {
  let unsaid = 0;
  return (text) => {
    if (sinks.stderr.isFull) unsaid++;
    else {
      if (unsaid > 0) say(`info: ${unsaid} orders were not logged, since nobody read stderr`);
      unsaid = 0;
      say(`info: ${text}`);
    }
  };
}

async function openControl(
  control: RemoteControl,
  state: StateDirectory,
  remote: RemoteOptions,
): Promise<void> {
  try {
    await control.open(state.path, remote);
  } catch (error) {
    await control.close();
    state.clear();
    if (error instanceof ListenError) throw error;
    throw new StateDirectoryError(state.path, errnoText(error as NodeJS.ErrnoException));
  }
}

/** Zeek's Supervisor makes a node's directory too, parents included. */
function makeDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    makeDirectories(directory);
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new NodeConfigError(`failed to create working directory ${directory}: ${reason}`);
  }
}
