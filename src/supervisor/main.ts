/** The Supervisor's process, from its first line to its last. */
import type { NodeConfig } from "../core/config.ts";
import { CoppiceError } from "../errors.ts";
import type { CrashOptions } from "../evidence/options.ts";
import { hasTerminal } from "../os/terminal.ts";
import type { LogOptions } from "../output/format.ts";
import { argsOf, type HandedDown, setArgs } from "../script/args.ts";
import { describe, onHandlerError, raise } from "../script/lifecycle.ts";
import { loadScripts } from "../script/load.ts";
import { installModuleHooks } from "../script/modules.ts";
import { flushCompileCache, useCompileCache } from "../script/options.ts";
import { setRole } from "../script/role.ts";
import { sayTerminated } from "../script/run.ts";
import { assemble, type Parts } from "./assemble.ts";
import { type Ending, ExitRequested } from "./ending.ts";
import { takeOverOutput } from "./output/own-output.ts";
import type { Invocation } from "./reload/invocation.ts";
import { takeOver } from "./reload/take-over.ts";
import type { RemoteOptions } from "./remote-control.ts";
import { SERVICE_VARIABLES, serviceOf } from "./service/service.ts";
import type { StateDirectory } from "./state-directory.ts";
import { warmScripts } from "./warm-scripts.ts";

export interface SupervisorOptions {
  stateDirectory: string;
  handedDown: HandedDown;
  /** The Supervisor's own, which nodes never get. */
  interface?: string;
  pcapFile?: string;
  remote: RemoteOptions;
  /** How it prints lines; Zeek's way if left out. */
  log?: LogOptions;
  /** What is kept of crashes; unset: as by default. */
  crashes?: CrashOptions;
  /** Created once the tree is up, before any script's handlers of `init` run. */
  nodes?: readonly NodeConfig[];
  /** How long the tree lives on without a Supervisor (ms). Default: not at all. */
  keep?: number;
  /** Why nobody knows which nodes there should be: those of a tree that is taken over stay as they are. */
  trouble?: string;
}

type Say = (text: string) => void;

/**
 * Runs a Supervisor until it is told to end, and then ends this process.
 * @param state taken for this process; @param image this runtime's copy there; @param invocation how it
 *   was started
 * @throws CoppiceError if it cannot start; then nothing is left running
 */
export async function runSupervisor(
  options: SupervisorOptions,
  state: StateDirectory,
  image: string,
  invocation: Invocation,
): Promise<void> {
  process.title = "coppice: supervisor";
  const env = inheritable(process.env);
  const output = takeOverOutput(options.log);
  const parts = await assemble(options, { state, image, env, output, invocation });
  const { api, ending, supervisor } = parts;
  setArgs(argsOf(options));
  setRole({
    kind: "supervisor",
    api,
    stemPid: () => supervisor.stemPid(),
    terminate: () => ending.begin(0),
  });
  obeySignals(parts, output.say);
  ending.takeOverExit();
  const errors = surviveErrors(ending, output.say);
  const service = await serviceOf(process.env, parts, output.say);
  installModuleHooks();
  if (parts.isTaken) {
    // ---- From here on nothing may end the Supervisor but an order. ----
    errors.isUp = true;
    void takeOver(parts, {
      load: () => load(state, options),
      nodes: options.nodes ?? [],
      hasFailed: () => errors.hasFailed,
      say: output.say,
    });
    // The nodes have run on all the while: how long scripts take to load is no matter of a watchdog.
    service.ready();
  } else if (await bringUp(parts, options, output.say)) {
    // ---- From here on, too. ----
    errors.isUp = true;
    createAll(parts, options.nodes ?? [], output.say);
    service.ready();
    void raise("init");
  }
  return ending.wait();
}

/** Starts the Stem, and loads the scripts meanwhile. @returns false if the tree ends instead */
async function bringUp(parts: Parts, options: SupervisorOptions, say: Say): Promise<boolean> {
  const { supervisor, state, ending } = parts;
  const linked = supervisor.start();
  try {
    // Together: a script may itself wait for what only a Stem can do.
    await Promise.all([linked, load(state, options)]);
  } catch (error) {
    if (ending.hasBegun) return false;
    say(`error: ${error instanceof CoppiceError ? error.message : describe(error)}`);
    ending.begin(error instanceof CoppiceError ? error.exitStatus : 1, { quietly: true });
  }
  return !ending.hasBegun;
}

/** @throws CoppiceError */
async function load(
  state: StateDirectory,
  { handedDown: { scripts, exec }, trouble }: SupervisorOptions,
): Promise<void> {
  if (trouble !== undefined) throw new CoppiceError("COPPICE_SCRIPT", trouble);
  const cache = state.file("cache");
  useCompileCache(cache);
  await warmScripts(scripts, cache);
  await loadScripts(scripts, exec);
  flushCompileCache();
}

/** In one turn: a node that is to start before another may come after it in the list. */
function createAll({ api, ending }: Parts, nodes: readonly NodeConfig[], say: Say): void {
  try {
    // A start that fails is tried again; the promises only tell of the first one.
    for (const node of nodes) void api.create(node);
  } catch (error) {
    say(`error: ${error instanceof CoppiceError ? error.message : describe(error)}`);
    ending.begin(error instanceof CoppiceError ? error.exitStatus : 1, { quietly: true });
  }
}

function obeySignals({ ending, reload }: Parts, say: Say): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (!ending.hasBegun) sayTerminated();
      ending.begin(0);
    });
  }
  const hadTerminal = hasTerminal();
  process.on("SIGHUP", () => {
    // The terminal was closed: whoever started the tree there has left it.
    if (hadTerminal && !hasTerminal()) return ending.begin(0);
    reload.signalled().catch((error: unknown) => {
      say(`error: ${error instanceof CoppiceError ? error.message : describe(error)}`);
    });
  });
}

interface Errors {
  isUp: boolean;
  /** A script has failed somewhere. */
  hasFailed: boolean;
}

/** Errors of scripts that nobody caught are reported; while starting up they end the start. */
function surviveErrors(ending: Ending, say: Say): Errors {
  const errors = { isUp: false, hasFailed: false };
  const report = (error: unknown, what: string): void => {
    if (error instanceof ExitRequested) return;
    errors.hasFailed = true;
    say(`error: ${what}: ${errors.isUp ? describe(error) : String(error)}`);
    if (!errors.isUp) ending.begin(1, { quietly: true });
  };
  onHandlerError(report);
  process.on("uncaughtException", (error) => report(error, "uncaught exception"));
  process.on("unhandledRejection", (error) => report(error, "unhandled rejection"));
  return errors;
}

/** Nothing of a node that this Supervisor may itself run in, nor of the service that it is. */
function inheritable(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { COPPICE_NODE: _node, COPPICE_STEM: _stem, CLUSTER_NODE: _cluster, ...rest } = env;
  for (const name of SERVICE_VARIABLES) delete rest[name];
  return rest;
}
