/** The Stem's process: no user code, nothing but Node.js itself, and no end but by order. */
import fs from "node:fs";
import path from "node:path";
import { systemClock } from "../os/clock.ts";
import { ownExecutable } from "../os/executable.ts";
import { openLibc } from "../os/native/libc.ts";
import { openPipeWidener } from "../os/native/pipe-size.ts";
import { openSpawner } from "../os/native/posix-spawn.ts";
import { PipePool } from "../os/pipes.ts";
import { isRunning, livingGroups, processId, processStat } from "../os/process-table.ts";
import { Rest, releaseMemory } from "../os/rest.ts";
import { runtimeFile } from "../os/runtime.ts";
import { groupHasMembers, signalGroup, signalProcess } from "../os/signals.ts";
import { findLaunchTools, type LaunchTools } from "../os/tools.ts";
import type { Hold, Order } from "../wire/stem-messages.ts";
import {
  isWithoutCgroups,
  NO_CGROUPS_VARIABLE,
  places,
  STEM_VARIABLE,
  type StemSetup,
} from "../wire/stem-setup.ts";
import { ConfigFiles } from "./config-files.ts";
import { Guardian } from "./guardian.ts";
import { HealthChecks } from "./health.ts";
import { Launcher } from "./launcher.ts";
import { StemLink } from "./link.ts";
import { OutputChannel } from "./output.ts";
import { orphanPrefix } from "./prefix.ts";
import { Prober } from "./prober.ts";
import { Spares } from "./spares.ts";
import type { StartEvents, StartOrder } from "./start.ts";
import { Stem } from "./stem.ts";
import { Turns } from "./turns.ts";

/** Told to end; and Zeek's status of a Stem whose Supervisor has gone. */
const EXIT = { ordered: 0, orphaned: 13 } as const;
const PARENT_CHECK_MS = 1_000;

process.title = "coppice: stem";
const setup = JSON.parse(process.env[STEM_VARIABLE] ?? "") as StemSetup;
const sigkill = !(
  "COPPICE_NO_SIGKILL" in process.env || "ZEEK_SUPERVISOR_NO_SIGKILL" in process.env
);
const tools = findLaunchTools();
// Where it really is: the state directory may be gone by the time that this is cleared away.
const pipes = fs.realpathSync(privateDirectory(path.join(places.pipes, String(process.pid))));
// Loaded only where there is something for them to do.
const { cgroups, why: whyNoCgroups } = isWithoutCgroups(process.env)
  ? { why: `${NO_CGROUPS_VARIABLE} is set` }
  : (await import("./open-cgroups.ts")).openCgroups(setup.stateDirectory);
const hasMembers = (group: number) => groupHasMembers(group) || cgroups?.hasMembers(group) === true;
const output = new OutputChannel(hasMembers);
const guardian = new Guardian(processId(setup.parent), setup.keep, {
  now: systemClock.now,
  // Our own parent is known to be gone at once, and without /proc.
  isRunning: ({ pid, startTime }) =>
    pid === setup.parent ? process.ppid === pid : isRunning(pid, startTime),
});
const pool = new PipePool(pipes, tools.mkfifo);
const health = new HealthChecks({
  environmentOf: (config) => launcher.environmentOf(config),
  prefixOf: (config) => launcher.prefixBeside(config),
  pipes: pool,
});
const libc = openLibc(process.env);
const startProcess = openSpawner(libc);
const rest = new Rest(systemClock, () => releaseMemory(libc));
const inherited = inheritable(process.env);
const spares =
  tools.mkfifo === undefined
    ? undefined
    : new Spares({
        startProcess,
        pipes: pool,
        prefix: orphanPrefix(tools),
        env: inherited,
        kill: (pid) => signalProcess(pid, "SIGKILL"),
        after: (ms, act) => systemClock.at(systemClock.now() + ms, act),
      });
const launcher = new Launcher({
  startProcess,
  spares,
  tools,
  output,
  heartbeats: health.heartbeats,
  pipes: pool,
  widenPipe: openPipeWidener(libc, process.geteuid?.() === 0),
  files: new ConfigFiles(privateDirectory(places.nodes)),
  stateDirectory: setup.stateDirectory,
  env: inherited,
  scriptCommand: [
    ownExecutable(),
    ...setup.nodeOptions,
    runtimeFile("node/main"),
    path.join(setup.stateDirectory, places.args),
    String(process.pid),
  ],
  cgroups,
  whyNoCgroups,
});
const prober = new Prober({
  environmentOf: (config) => launcher.environmentOf(config),
  prefixOf: (config) => launcher.prefixBeside(config),
  say: (node, text) => output.say(node, text),
});
const link = new StemLink(setup, {
  connected: (socket, { supervisor, keep }) => {
    guardian.welcomed(supervisor, keep);
    stem.introduce();
    output.attach(socket);
    sayWhatIsMissing(tools);
  },
  command: (message) => {
    if (message.type === "ready") launcher.ready(message.pid);
    commands.add(message);
  },
  disconnected: () => {
    guardian.disconnected();
    // Commands belong to one connection: the next begins with what there is.
    commands.clear();
    // At the end nobody comes back for what is left.
    if (ending) output.discard();
    else output.detach();
  },
  isOrphaned: () => guardian.isOrphaned(),
  isExpecting: () => guardian.isExpecting,
  orphaned: endAsOrphan,
});
const stem = new Stem(
  {
    clock: systemClock,
    start: (order, events) => starts.add({ order, events }),
    probe: (config, pid, seen) => prober.probe(config, pid, seen),
    check: (config, pid, seen) => health.check(config, pid, seen),
    ended: (pid) => {
      prober.exited(pid);
      health.exited(pid);
    },
    signal: signalProcess,
    signalGroup: (group, signal) => {
      signalGroup(group, signal);
      cgroups?.signalOthers(group, signal);
    },
    living: (groups) => {
      const members = groups.filter(hasMembers);
      if (members.length === 0) return members;
      const living = livingGroupsOfThisTurn();
      // What cannot be seen may live: it is looked for again.
      if (living === undefined) return members;
      return members.filter((group) => living.has(group) || cgroups?.hasMembers(group) === true);
    },
    hasMembers,
    leftovers: (name) => cgroups?.leftovers(name) ?? [],
    startTime: (pid) => processStat(pid)?.startTime,
    send: (message) => {
      rest.stir();
      return link.send(message);
    },
    forget: (name) => launcher.forget(name),
  },
  { sigkill },
);

/**
 * Never in the midst of what led to it: each start takes milliseconds, in which other nodes end. If these
 * were started again right where that is heard of, nodes that crash all the time would leave no turn to
 * anything else, orders included.
 */
const starts = new Turns(({ order, events }: Start) => {
  if (!stem.isOfUse(order.config.name)) return events.failed();
  launcher.start(order, cgroups?.attend(order.config.name, events) ?? events);
});
interface Start {
  order: StartOrder;
  events: StartEvents;
}
const commands = new Turns((message: Order | Hold) => {
  if (message.type !== "hold") return stem.command(message);
  // After everything that was ordered before.
  guardian.hold(message.within);
  output.detach();
  link.hold();
});
let ending = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end(EXIT.ordered));
process.on("SIGHUP", () => {});
// ---- From here on nothing may end the Stem but an order or the end of its Supervisor. ----
process.on("uncaughtException", (error) => note(`error: the Stem caught ${error.stack ?? error}`));
setInterval(() => {
  if (guardian.isOrphaned()) endAsOrphan();
}, PARENT_CHECK_MS);
link.connect();

function end(status: number): void {
  if (ending) return;
  ending = true;
  const finish = () => output.whenIdle(() => link.finish(() => leave(status)));
  stem.end(() => (spares === undefined ? finish() : spares.discard(finish)));
}

function leave(status: number): void {
  // After a Supervisor that was killed nobody else may ever look here again.
  const isLast = status === EXIT.orphaned;
  try {
    cgroups?.end(sigkill);
    fs.rmSync(isLast ? path.dirname(pipes) : pipes, { recursive: true, force: true });
  } finally {
    process.exit(status);
  }
}

function endAsOrphan(): void {
  output.discard();
  end(EXIT.orphaned);
}

function note(text: string): void {
  link.send({ type: "note", text });
}

let isSaid = false;
function sayWhatIsMissing({ setpriv, taskset }: LaunchTools): void {
  if (isSaid) return;
  isSaid = true;
  if (setpriv === undefined) {
    note(
      "warning: no setpriv (util-linux) here: a program node outlives a Stem that is killed until the next one ends it",
    );
  }
  if (taskset === undefined)
    note("warning: no taskset (util-linux) here: nodes are not pinned to CPUs");
}

/** Nothing of ours, and nothing of a node that this tree may itself run in. */
function inheritable(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("COPPICE_") && name !== "CLUSTER_NODE"),
  );
}

function privateDirectory(name: string): string {
  const directory = path.join(setup.stateDirectory, name);
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Reading all of /proc serves every node that asks in one turn of the loop. */
function livingGroupsOfThisTurn(): Set<number> | undefined {
  if (groupsOfThisTurn === undefined) {
    groupsOfThisTurn = livingGroups();
    setImmediate(() => {
      groupsOfThisTurn = undefined;
    });
  }
  return groupsOfThisTurn;
}
let groupsOfThisTurn: Set<number> | undefined;
