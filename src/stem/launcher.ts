/** Starts a node's process as its configuration says, in Zeek's order: directory, files, CPU, environment. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { READY_FD, readyOf } from "../core/readiness.ts";
import type { PipePool } from "../os/pipes.ts";
import type { LaunchTools } from "../os/tools.ts";
import type { ConfigFiles } from "./config-files.ts";
import { checkEnterable } from "./enterable.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { type Program, startNodeProcess } from "./node-process.ts";
import type { OutputChannel } from "./output.ts";
import { failureText, type StartEvents, type StartOrder } from "./start.ts";
import type { ZeekNodes } from "./zeek-nodes.ts";

export interface LauncherOptions {
  tools: LaunchTools;
  pipes: PipePool;
  output: OutputChannel;
  heartbeats: Heartbeats;
  files: ConfigFiles;
  stateDirectory: string;
  /** What nodes inherit. */
  env: NodeJS.ProcessEnv;
  /** The command that runs a script node, to which its name is added. */
  scriptCommand: readonly string[];
}

export class Launcher {
  readonly #options: LauncherOptions;
  /** There once a Zeek was to be started: a Stem without any need not hold what it takes. */
  #zeeks: ZeekNodes | undefined;
  #loading: Promise<ZeekNodes> | undefined;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Starts a process; calls back exactly once with `started` or `failed`, and never throws. */
  start(order: StartOrder, events: StartEvents): void {
    if (order.config.zeek !== undefined) return this.#startZeek(order, events);
    startNodeProcess(order, () => this.#programOf(order.config), events, this.#options);
  }

  /** A node's name is free for good. */
  forget(name: string): void {
    this.#options.files.forget(name);
    this.#zeeks?.forget(name);
  }

  /** What a node's process gets, and so what looks whether it is ready. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv {
    const { env, files } = this.#options;
    if (config.zeek !== undefined && this.#zeeks !== undefined)
      return this.#zeeks.environmentOf(config);
    const own = { ...env, ...config.env, COPPICE_NODE: files.file(config.name) };
    const isClustered = config.cluster !== undefined && Object.keys(config.cluster).length > 0;
    return isClustered ? { ...own, CLUSTER_NODE: config.name } : own;
  }

  #startZeek(order: StartOrder, events: StartEvents): void {
    this.#loading ??= this.#loadZeeks();
    this.#loading.then(
      (zeeks) => zeeks.start(order, events),
      (error: Error) => {
        this.#loading = undefined;
        const { name } = order.config;
        this.#options.output.say(name, failureText(name, error));
        events.failed();
      },
    );
  }

  async #loadZeeks(): Promise<ZeekNodes> {
    const { ZeekNodes } = await import("./zeek-nodes.ts");
    this.#zeeks = new ZeekNodes(this.#options);
    return this.#zeeks;
  }

  #programOf(config: NodeConfig): Program {
    const { name } = config;
    const directory = path.resolve(config.directory ?? ".");
    checkEnterable(name, directory);
    const word = readyOf(config) === "init" ? [String(READY_FD)] : [];
    const command = config.command ?? [...this.#options.scriptCommand, name, ...word];
    return { directory, command, env: this.environmentOf(config) };
  }
}
