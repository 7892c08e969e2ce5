/** Starts a node's process as its configuration says, in Zeek's order: directory, files, CPU, environment. */
import fs from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import type { NodeConfig } from "../core/config.ts";
import { readyOf } from "../core/readiness.ts";
import type { Exit } from "../core/revival.ts";
import { openOutputFile } from "../os/files.ts";
import type { PipeEnds, PipePool } from "../os/pipes.ts";
import { startProcess } from "../os/spawn.ts";
import { allowedCpus, errnoText, executableProblem, type LaunchTools } from "../os/tools.ts";
import type { OutputChannel } from "./output.ts";

export interface StartOrder {
  config: NodeConfig;
  /** Which creation of the name it is. */
  id: number;
  generation: number;
  /** The first start of a fresh creation: the only one that may truncate output. */
  fresh: boolean;
}

export interface StartEvents {
  /** @param group its process group, if that has another number */
  started(pid: number, group?: number): void;
  failed(): void;
  /** The process has said so. */
  ready(): void;
  exited(exit: Exit): void;
}

export interface LauncherOptions {
  tools: LaunchTools;
  pipes: PipePool;
  output: OutputChannel;
  /** Where nodes find their configurations. */
  nodesDirectory: string;
  /** What nodes inherit. */
  env: NodeJS.ProcessEnv;
  /** The command that runs a script node, to which its name is added. */
  scriptCommand: readonly string[];
}

/** A start that failed, in the words that the node's stderr gets. */
class StartFailure extends Error {}

/** What a start has opened so far, in case it fails. */
interface Opened {
  fds: number[];
  pipes: PipeEnds[];
}

export class Launcher {
  readonly #options: LauncherOptions;
  /** The creation whose configuration is on disk, by name. */
  readonly #written = new Map<string, number>();

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Starts a process; calls back exactly once with `started` or `failed`, and never throws. */
  start(order: StartOrder, events: StartEvents): void {
    const opened: Opened = { fds: [], pipes: [] };
    try {
      this.#start(order, events, opened);
    } catch (error) {
      for (const pipe of opened.pipes) pipe.discard();
      this.#fail(order, events, error as Error);
    } finally {
      for (const fd of opened.fds) fs.closeSync(fd);
    }
  }

  /** A node's name is free for good. */
  forget(name: string): void {
    this.#written.delete(name);
    fs.rmSync(this.#configFile(name), { force: true });
  }

  #start(order: StartOrder, events: StartEvents, opened: Opened): void {
    const { config } = order;
    const { name } = config;
    const directory = path.resolve(config.directory ?? ".");
    enterable(name, directory);
    const stderr = this.#openStream(order, "stderr", directory, opened);
    const stdout = this.#openStream(order, "stdout", directory, opened);
    const ready = this.#openReady(config, opened);
    const env = this.environmentOf(config);
    const command = config.command ?? [
      ...this.#options.scriptCommand,
      name,
      ...(readyOf(config) === "init" ? [String(READY_FD)] : []),
    ];
    const [program = ""] = command;
    const problem = executableProblem(program, env["PATH"], directory);
    if (problem !== undefined)
      throw new StartFailure(`node '${name}' failed to execute ${program}: ${problem}`);
    this.#writeConfig(order);
    const [file = "", ...args] = [...this.#prefixOf(config), ...command];
    let running = 0;
    let begun = false;
    const child = startProcess(
      {
        file,
        args,
        env,
        cwd: directory,
        stdout: stdout.give,
        stderr: stderr.give,
        others: new Map(ready === undefined ? [] : [[ready.fd, ready.give]]),
      },
      {
        started: (pid) => {
          running = pid;
          begun = true;
          opened.fds.push(...opened.pipes.map((pipe) => pipe.write));
          events.started(pid);
        },
        failed: (error) => {
          if (!begun) for (const pipe of opened.pipes.splice(0)) pipe.discard();
          this.#fail(order, events, error);
        },
        exited: (exit) => {
          events.exited(exit);
          this.#options.output.exited(running);
        },
      },
    );
    if (!begun) return;
    const streams = {
      stdout: stdout.pipe?.open() ?? child.stdout,
      stderr: stderr.pipe?.open() ?? child.stderr,
    };
    this.#options.output.add(name, running, streams);
    if (ready === undefined) return;
    const word = ready.pipe?.open() ?? child.other(ready.fd);
    if (word !== null) onFirstLine(word, events.ready);
  }

  /** Where a node says that it is ready; undefined if that is found out in another way. */
  #openReady(
    config: NodeConfig,
    opened: Opened,
  ): { fd: number; give: number | "pipe"; pipe?: PipeEnds } | undefined {
    const ready = readyOf(config);
    const isFd = typeof ready === "object" && "fd" in ready;
    if (!isFd && ready !== "init") return undefined;
    const fd = isFd ? ready.fd : READY_FD;
    const pipe = this.#options.pipes.take();
    if (pipe === undefined) return { fd, give: "pipe" };
    opened.pipes.push(pipe);
    return { fd, give: pipe.write, pipe };
  }

  /** A file of the node's, a pipe, or where there are no pipes a socket pair of Node's. */
  #openStream(
    { config, fresh }: StartOrder,
    stream: "stdout" | "stderr",
    directory: string,
    opened: Opened,
  ): { give: number | "pipe"; pipe?: PipeEnds } {
    const name = stream === "stdout" ? config.stdoutFile : config.stderrFile;
    if (name === undefined) {
      const pipe = this.#options.pipes.take();
      if (pipe === undefined) return { give: "pipe" };
      opened.pipes.push(pipe);
      return { give: pipe.write, pipe };
    }
    try {
      const truncate = fresh && config.truncateOutput === true;
      const fd = openOutputFile(path.resolve(directory, name), truncate);
      opened.fds.push(fd);
      return { give: fd };
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new StartFailure(
        `node '${config.name}' failed to create ${stream} file ${name}: ${reason}`,
      );
    }
  }

  /** The tools through which the program is executed: each replaces itself by the next. */
  #prefixOf(config: NodeConfig): string[] {
    const { taskset } = this.#options.tools;
    const prefix = orphanPrefix(this.#options.tools);
    if (config.cpuAffinity === undefined || taskset === undefined) return prefix;
    if (allowedCpus()?.has(config.cpuAffinity) === false) {
      this.#say(config.name, `node '${config.name}' failed to set CPU affinity: Invalid argument`);
      return prefix;
    }
    return [...prefix, taskset, "--cpu-list", String(config.cpuAffinity)];
  }

  /** What a node's process gets, and so what looks whether it is ready. */
  environmentOf(config: NodeConfig): NodeJS.ProcessEnv {
    const env = {
      ...this.#options.env,
      ...config.env,
      COPPICE_NODE: this.#configFile(config.name),
    };
    const isClustered = config.cluster !== undefined && Object.keys(config.cluster).length > 0;
    return isClustered ? { ...env, CLUSTER_NODE: config.name } : env;
  }

  #writeConfig({ config, id }: StartOrder): void {
    const file = this.#configFile(config.name);
    if (this.#written.get(config.name) === id && fs.existsSync(file)) return;
    try {
      // Nobody reads it now: the node's last process has gone, and the next comes after this.
      fs.writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new StartFailure(
        `node '${config.name}' failed to write its configuration ${file}: ${reason}`,
      );
    }
    this.#written.set(config.name, id);
  }

  #configFile(name: string): string {
    return path.join(this.#options.nodesDirectory, `${name}.json`);
  }

  #fail({ config }: StartOrder, events: StartEvents, error: NodeJS.ErrnoException): void {
    const text =
      error instanceof StartFailure
        ? error.message
        : `node '${config.name}' failed to start: ${errnoText(error)}`;
    this.#say(config.name, text);
    events.failed();
  }

  #say(name: string, text: string): void {
    this.#options.output.say(name, text);
  }
}

/** What has the kernel end a process with its parent. */
export function orphanPrefix({ setpriv }: LaunchTools): string[] {
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM", "--"];
}

/** Calls back at the first newline; what comes after it is of no interest. */
function onFirstLine(stream: Readable, act: () => void): void {
  let isSaid = false;
  stream.on("error", () => {});
  stream.on("data", (bytes: Uint8Array) => {
    if (isSaid || !bytes.includes(NEWLINE)) return;
    isSaid = true;
    act();
  });
}

const NEWLINE = 0x0a;
/** Where script nodes say that their `init` handlers are done. */
const READY_FD = 3;

function enterable(name: string, directory: string): void {
  const fail = (reason: string) => {
    throw new StartFailure(
      `node '${name}' failed to set working directory to ${directory}: ${reason}`,
    );
  };
  try {
    if (!fs.statSync(directory).isDirectory()) fail("Not a directory");
    fs.accessSync(directory, fs.constants.X_OK);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    fail(errnoText(error as NodeJS.ErrnoException));
  }
}
