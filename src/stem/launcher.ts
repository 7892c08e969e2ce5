/** Starts a node's process as its configuration says, in Zeek's order: directory, files, CPU, environment. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { readyOf } from "../core/readiness.ts";
import type { PipePool } from "../os/pipes.ts";
import type { LaunchTools } from "../os/tools.ts";
import type { ConfigFiles } from "./config-files.ts";
import { checkEnterable } from "./enterable.ts";
import { type Program, startNodeProcess } from "./node-process.ts";
import type { OutputChannel } from "./output.ts";
import type { StartEvents, StartOrder } from "./start.ts";
import { READY_FD } from "./streams.ts";
import { ZeekNodes } from "./zeek-nodes.ts";

export interface LauncherOptions {
  tools: LaunchTools;
  pipes: PipePool;
  output: OutputChannel;
  files: ConfigFiles;
  stateDirectory: string;
  /** What nodes inherit. */
  env: NodeJS.ProcessEnv;
  /** The command that runs a script node, to which its name is added. */
  scriptCommand: readonly string[];
}

export class Launcher {
  readonly #options: LauncherOptions;
  readonly #zeeks: ZeekNodes;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#zeeks = new ZeekNodes(options);
  }

  /** Starts a process; calls back exactly once with `started` or `failed`, and never throws. */
  start(order: StartOrder, events: StartEvents): void {
    if (order.config.zeek !== undefined) return this.#zeeks.start(order, events);
    startNodeProcess(order, () => this.#programOf(order.config), events, this.#options);
  }

  /** A node's name is free for good. */
  forget(name: string): void {
    this.#options.files.forget(name);
    this.#zeeks.forget(name);
  }

  /** What a node's process gets, and so what looks whether it is ready. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv {
    if (config.zeek !== undefined) return this.#zeeks.environmentOf(config);
    const { env, files } = this.#options;
    const own = { ...env, ...config.env, COPPICE_NODE: files.file(config.name) };
    const isClustered = config.cluster !== undefined && Object.keys(config.cluster).length > 0;
    return isClustered ? { ...own, CLUSTER_NODE: config.name } : own;
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
