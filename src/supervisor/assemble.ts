/** Puts the Supervisor's parts together: output, state directory, link, Stem, and the Supervisor itself. */
import { randomUUID } from "node:crypto";
import { Watchers } from "../control/watchers.ts";
import type { NodeConfig } from "../core/config.ts";
import { isSameConfig } from "../core/difference.ts";
import { ListenError, ProtocolError, StateDirectoryError } from "../errors.ts";
import type { CrashOptions } from "../evidence/options.ts";
import { systemClock } from "../os/clock.ts";
import { writePrivateFile } from "../os/files.ts";
import { removeOtherImages } from "../os/image.ts";
import { type Libc, openLibc } from "../os/native/libc.ts";
import { processId } from "../os/process-table.ts";
import { Rest, releaseMemory } from "../os/rest.ts";
import { errnoText } from "../os/tools.ts";
import type { HandedDown } from "../script/args.ts";
import { raise, reportError } from "../script/lifecycle.ts";
import { places } from "../wire/stem-setup.ts";
import { acceptConfig } from "./config/config-schema.ts";
import { makeNodeDirectory } from "./config/node-directory.ts";
import { OutputClaims } from "./config/output-claims.ts";
import { consoleRoutes } from "./console-routes.ts";
import { Ending } from "./ending.ts";
import { evidenceOf } from "./evidence.ts";
import { LinkServer } from "./link/link-server.ts";
import { StemKeeper } from "./link/stem-keeper.ts";
import type { StemRecord } from "./link/stem-record.ts";
import { LocalApi } from "./local-api.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { OutputReceiver } from "./output/output-receiver.ts";
import type { Console } from "./output/own-output.ts";
import { takeHandover } from "./reload/handover.ts";
import type { Invocation } from "./reload/invocation.ts";
import { KeptNodes } from "./reload/kept-nodes.ts";
import { Reload } from "./reload/reload.ts";
import { Reloads } from "./reload/reloads.ts";
import { reloadPorts } from "./reload/replacing.ts";
import { RemoteControl, type RemoteOptions } from "./remote-control.ts";
import type { StateDirectory } from "./state-directory.ts";
import { Supervisor } from "./supervisor.ts";
import type { SupervisorPorts } from "./supervisor-ports.ts";

export interface Parts {
  api: LocalApi;
  reload: Reload;
  reloads: Reloads;
  kept: KeptNodes;
  /** Whether there is a Stem already, that of an earlier Supervisor. */
  isTaken: boolean;
  supervisor: Supervisor;
  state: StateDirectory;
  ending: Ending;
}

export interface AssembleOptions {
  handedDown: HandedDown;
  remote: RemoteOptions;
  crashes?: CrashOptions;
  keep?: number;
}

export interface Surroundings {
  /** Taken for this process. */
  state: StateDirectory;
  image: string;
  /** What Stem and nodes inherit: the environment as no script has changed it yet. */
  env: NodeJS.ProcessEnv;
  output: Console;
  invocation: Invocation;
}

/** @throws StateDirectoryError, ListenError */
export async function assemble(
  { handedDown, remote, crashes, keep = 0 }: AssembleOptions,
  { state, image, env, output, invocation }: Surroundings,
): Promise<Parts> {
  const { pipeline, history, tallies, say } = output;
  const sinks = [output.sinks.stdout, output.sinks.stderr];
  const evidence = evidenceOf({ options: crashes, stateDirectory: state.path, env, say });
  const ready = {
    statusOf: (name: string) => supervisor.statusOf(name),
    ready: (name: string, pid: number) => supervisor.printedReady(name, pid),
  };
  const earlier = await state.earlierStem(say);
  const handover = takeHandover(state.file(places.handover), processId(process.pid));
  // An older Coppice may have left less.
  const { instance = randomUUID(), rolling, unfinished = [], printedReady = [] } = handover ?? {};
  const reloads = new Reloads(handover?.reloads ?? 0);
  if (handover !== undefined) history.restore(handover.history);
  const receiver = new OutputReceiver(pipeline, sinks, ready, evidence);
  receiver.resume(unfinished);
  const link = new LinkServer(receiver, {
    connected: () => {
      link.send(stems.welcome());
      supervisor.connected();
    },
    message: (message) => {
      rest.stir();
      supervisor.receive(message);
    },
    disconnected: () => {
      supervisor.disconnected();
      stems.linkLost();
    },
  });
  let libc: Libc | undefined;
  const rest = new Rest(systemClock, () => {
    libc ??= openLibc(env);
    releaseMemory(libc);
  });
  const isSame = sameness(state, earlier, handedDown);
  await prepare(state, image, earlier, handedDown, link);
  const stemOutput = {
    stdout: pipeline.source("", "stdout"),
    stderr: pipeline.source("", "stderr"),
  };
  const stems = new StemKeeper({
    image,
    state,
    env,
    keep,
    output: stemOutput,
    expect: (token) => link.expect(token),
    say,
  });
  const claims = new OutputClaims();
  const ports: SupervisorPorts = {
    clock: systemClock,
    startStem: (exited) => stems.start(exited),
    takeOverStem: (exited) => earlier && stems.takeOver(earlier, exited),
    soon: (act) => void setImmediate(act),
    accept: (config, known) => {
      const accepted = acceptConfig(config, known, claims);
      makeNodeDirectory(accepted);
      return accepted;
    },
    strays: () => {
      const strays = state.strays();
      // Then the Stem connects again, until they can be seen.
      if (strays === undefined) throw new ProtocolError("what is left of nodes cannot be seen");
      return strays;
    },
    send: (message) => link.send(message),
    say,
    stemSays: (text) => stemOutput.stderr.push(Buffer.from(`${text}\n`)),
    nodeStatus: (node, pid, status) => {
      control.nodeStatus(node, pid);
      void raise("nodeStatus", node, pid, status);
    },
    kept: (status) => kept.add(status),
    nodeExit: (node, exit, status) => void raise("nodeExit", node, exit, status),
    news: (news, pid, status) => evidence.news(news, pid, status),
    used: (node, pid, cpu) => evidence.used(node, pid, cpu),
    missedExit: (node, exit, status) => void raise("nodeExit", node, exit, status),
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
      tallies.happened(event);
      watchers.tell(event);
    },
  };
  const supervisor = new Supervisor(ports, { rolling, isSame, asked: claims, printedReady });
  const kept = new KeptNodes();
  const watchers = new Watchers((error) => reportError(error, "a watcher failed"));
  const reload: Reload = new Reload(
    reloadPorts({
      invocation,
      state,
      supervisor,
      link,
      receiver,
      sinks,
      history,
      endLines: () => output.end(),
      evidence,
      isStemRecorded: () => stems.isRecorded,
      say,
      control: () => control,
      ending: () => ending,
      instance,
      reloads: reloads.count,
    }),
  );
  const api = new LocalApi({
    supervisor,
    history,
    watchers,
    evidence,
    terminate: () => ending.begin(0),
    log: logOf(output),
    reload,
    reloads,
  });
  tallies.known = (name) => supervisor.statusOf(name)?.node;
  const control = new RemoteControl(api, instance, [
    ...metricsRoutes(() => ({ supervisor, api, tallies, output, requests: control.requests })),
    ...consoleRoutes(image),
  ]);
  const ending: Ending = new Ending({
    supervisor,
    state,
    link,
    receiver,
    control,
    sinks,
    evidence,
    say,
    endLines: () => output.end(),
  });
  ending.onBegin(() => reload.abandon());
  // Whoever connects to a tree that is taken over shall find it as it is.
  const isTaken = await supervisor.takeOver();
  if (earlier !== undefined && !isTaken) state.renew();
  await openControl(control, state, remote, isTaken, say);
  return { api, reload, reloads, kept, supervisor, state, ending, isTaken };
}

/** Everything that has to be there before the Stem is. */
async function prepare(
  state: StateDirectory,
  image: string,
  earlier: StemRecord | undefined,
  handedDown: HandedDown,
  link: LinkServer,
): Promise<void> {
  try {
    if (earlier === undefined) {
      state.clear();
      state.makePipeDirectory();
    }
    removeOtherImages(state.path, earlier === undefined ? [image] : [image, earlier.image]);
    const args = JSON.stringify(handedDown);
    // A disk that is full must not end a tree that is taken over, and in which nothing has changed.
    if (!state.has(places.args, args)) writePrivateFile(state.file(places.args), args);
    await link.listen(state.path);
  } catch (error) {
    if (earlier === undefined) state.clear();
    throw unusable(state, error);
  }
}

/** A node that runs scripts is another one if what is handed down to it is. */
function sameness(
  state: StateDirectory,
  earlier: StemRecord | undefined,
  handedDown: HandedDown,
): (before: NodeConfig, after: NodeConfig) => boolean {
  if (earlier === undefined || state.has(places.args, JSON.stringify(handedDown)))
    return isSameConfig;
  return (before, after) =>
    isSameConfig(before, after) && (after.command ?? after.zeek) !== undefined;
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

/**
 * A tree that was taken over is to be reached as before: what cannot be any more is said, and ends
 * nothing.
 * @throws ListenError, StateDirectoryError if the tree is a new one
 */
async function openControl(
  control: RemoteControl,
  state: StateDirectory,
  remote: RemoteOptions,
  isTaken: boolean,
  say: (text: string) => void,
): Promise<void> {
  try {
    await control.open(state.path, remote, isTaken ? TAKEN_PORT_MS : 0);
  } catch (error) {
    const failure = error instanceof ListenError ? error : unusable(state, error);
    if (isTaken) return say(`error: ${failure.message}`);
    await control.close();
    state.clear();
    throw failure;
  }
}

function unusable(state: StateDirectory, error: unknown): StateDirectoryError {
  return new StateDirectoryError(state.path, errnoText(error as NodeJS.ErrnoException));
}

/** How long a port may be somebody else's that was ours a moment ago (ms). */
const TAKEN_PORT_MS = 2_000;
