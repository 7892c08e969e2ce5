/** Starts a node's process as its configuration says, in Zeek's order: directory, files, CPU, environment. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { identityVariables } from "../core/identity.ts";
import { isConfined } from "../core/limits.ts";
import { READY_FD, readyOf } from "../core/readiness.ts";
import type { WidenPipe } from "../os/native/pipe-size.ts";
import type { StartProcess } from "../os/native/posix-spawn.ts";
import type { PipePool } from "../os/pipes.ts";
import type { LaunchTools } from "../os/tools.ts";
import { places } from "../wire/stem-setup.ts";
import type { Admission } from "./admission.ts";
import type { Cgroups } from "./cgroups.ts";
import type { ConfigFiles } from "./config-files.ts";
import { checkEnterable } from "./enterable.ts";
import type { OutputFile } from "./file-sink.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { type Program, startNodeProcess } from "./node-process.ts";
import type { OutputChannel } from "./output.ts";
import type { OutputFiles } from "./output-files.ts";
import { type Means, orphanPrefix } from "./prefix.ts";
import type { Spares } from "./spares.ts";
import { failureText, ownerOf, type StartEvents, StartFailure, type StartOrder } from "./start.ts";
import type { StreamName } from "./streams.ts";
import type { ZeekNodes } from "./zeek-nodes.ts";

export interface LauncherOptions {
  startProcess: StartProcess;
  tools: LaunchTools;
  pipes: PipePool;
  /** For streams of which much comes. */
  widenPipe: WidenPipe;
  /** Undefined: every process is started anew. */
  spares: Spares | undefined;
  output: OutputChannel;
  heartbeats: Heartbeats;
  files: ConfigFiles;
  stateDirectory: string;
  /** What nodes inherit. */
  env: NodeJS.ProcessEnv;
  /** The command that runs a script node, to which its name is added. */
  scriptCommand: readonly string[];
  cgroups: Cgroups | undefined;
  /** Why there are no control groups, if there are none. */
  whyNoCgroups: string;
}

/** The same, for whoever starts a process. */
export interface StartOptions extends LauncherOptions {
  /** What takes a process's output in the Supervisor's place. @param directory where it works: absolute */
  filesOf(
    order: StartOrder,
    pid: number,
    directory: string,
  ): Partial<Record<StreamName, OutputFile>>;
}

export class Launcher {
  readonly #options: StartOptions;
  /** There once a Zeek was to be started: a Stem without any need not hold what it takes. */
  #zeeks: ZeekNodes | undefined;
  #loading: Promise<ZeekNodes> | undefined;
  /** There once a node's output was to be written here. */
  #files: OutputFiles | undefined;
  /** Loaded with the first node that is somebody else's. */
  #admission: Admission | undefined;
  /** How nodes were confined when they were started last, by name. */
  readonly #means = new Map<string, Means>();

  constructor(options: LauncherOptions) {
    const filesOf: StartOptions["filesOf"] = (order, pid, directory) =>
      this.#files?.open(order, pid, directory) ?? {};
    this.#options = { ...options, filesOf };
  }

  /** Starts a process; calls back exactly once with `started` or `failed`, and never throws. */
  start(order: StartOrder, events: StartEvents): void {
    if (order.config.output !== undefined && this.#files === undefined)
      return this.#startWithFiles(order, events);
    try {
      const means = this.#enter(order.config);
      if (!isConfined(order.config)) return this.#startWith(order, means, undefined, events);
      this.#confine({ ...order, means }).then(
        ([confined, args]) => this.#startWith(order, confined, args, events),
        (error: Error) => this.#fail(order, error, events),
      );
    } catch (error) {
      this.#fail(order, error as Error, events);
    }
  }

  /** A node's name is free for good. */
  forget(name: string): void {
    this.#options.files.forget(name);
    this.#options.cgroups?.forget(name);
    this.#means.delete(name);
    this.#zeeks?.forget(name);
    this.#files?.forget(name);
  }

  /** What a process has printed says that it is ready. */
  ready(pid: number): void {
    this.#files?.ready(pid);
  }

  /** What a node's process gets, and so what looks whether it is ready. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv {
    const { files } = this.#options;
    const identity = this.#means.get(config.name)?.identity;
    const env = { ...this.#options.env, ...(identity && identityVariables(identity)) };
    if (config.zeek !== undefined && this.#zeeks !== undefined)
      return this.#zeeks.environmentOf(config);
    const own = { ...env, ...config.env, COPPICE_NODE: files.file(config.name) };
    const isClustered = config.cluster !== undefined && Object.keys(config.cluster).length > 0;
    return isClustered ? { ...own, CLUSTER_NODE: config.name } : own;
  }

  #startWithFiles(order: StartOrder, events: StartEvents): void {
    import("./output-files.ts").then(
      ({ OutputFiles }) => {
        this.#files ??= new OutputFiles(this.#options.output, this.#options.widenPipe);
        this.start(order, events);
      },
      (error: Error) => this.#fail(order, error, events),
    );
  }

  /** What comes before a command that is run beside a node, for the node. */
  prefixBeside({ name }: NodeConfig): readonly string[] {
    return orphanPrefix(this.#options.tools, this.#means.get(name)?.identity);
  }

  /** @throws StartFailure */
  #enter(config: NodeConfig): Means {
    const { cgroups, whyNoCgroups } = this.#options;
    const mustEnter = (config.memoryMax ?? config.cpuMax ?? config.tasksMax) !== undefined;
    if (cgroups !== undefined) return { cgroup: cgroups.prepare(config), mustEnter };
    if (!mustEnter) return {};
    throw new StartFailure(
      `node '${config.name}' failed to start: memoryMax, cpuMax and tasksMax need control groups: ${whyNoCgroups}`,
    );
  }

  /** @returns also what is handed down to scripts, if there is a copy of it for this node's user */
  async #confine(order: StartOrder): Promise<[Means, string | undefined]> {
    const { output, scriptCommand, stateDirectory, tools } = this.#options;
    const { config } = order;
    const { confine } = await import("./confinement.ts");
    const confined = await confine(config, tools, (text) => output.say(config.name, text));
    const means = { ...order.means, ...confined };
    const owner = ownerOf({ ...order, means });
    if (owner === undefined) return [means, undefined];
    const { Admission } = await import("./admission.ts");
    this.#admission ??= new Admission({ stateDirectory, tools });
    this.#admission.open(config.name);
    if (config.command !== undefined || config.zeek !== undefined) return [means, undefined];
    const main = scriptCommand.find((word) => /\.[jt]s$/.test(word)) ?? "";
    return [means, await this.#admission.openScripts(config.name, owner, main)];
  }

  #startWith(given: StartOrder, means: Means, args: string | undefined, events: StartEvents): void {
    const order = { ...given, means };
    this.#means.set(order.config.name, means);
    if (order.config.zeek !== undefined) return this.#startZeek(order, events);
    startNodeProcess(order, () => this.#programOf(order.config, args), events, this.#options);
  }

  #fail({ config }: StartOrder, error: Error, events: StartEvents): void {
    this.#options.output.say(config.name, failureText(config.name, error));
    events.failed();
  }

  #startZeek(order: StartOrder, events: StartEvents): void {
    this.#loading ??= this.#loadZeeks();
    this.#loading.then(
      (zeeks) => zeeks.start(order, events),
      (error: Error) => {
        this.#loading = undefined;
        this.#fail(order, error, events);
      },
    );
  }

  async #loadZeeks(): Promise<ZeekNodes> {
    const { ZeekNodes } = await import("./zeek-nodes.ts");
    this.#zeeks = new ZeekNodes(this.#options);
    return this.#zeeks;
  }

  #programOf(config: NodeConfig, args: string | undefined): Program {
    const { name } = config;
    const directory = path.resolve(config.directory ?? ".");
    checkEnterable(name, directory);
    const word = readyOf(config) === "init" ? [String(READY_FD)] : [];
    const env = this.environmentOf(config);
    if (config.command !== undefined) return { directory, command: config.command, env };
    const common = path.join(this.#options.stateDirectory, places.args);
    const own = this.#options.scriptCommand.map((one) => (one === common ? (args ?? one) : one));
    return { directory, command: [...own, name, ...word], env, isOwn: true };
  }
}
