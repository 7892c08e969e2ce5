/** Starts a node's process, whatever it runs, with its streams. */
import fs from "node:fs";
import { heartbeatFdOf } from "../core/health.ts";
import { readyFdOf } from "../core/readiness.ts";
import type { Exit } from "../core/revival.ts";
import type { ByteSink } from "../os/pipe-reader.ts";
import { executableProblem } from "../os/tools.ts";
import type { StartOptions } from "./launcher.ts";
import { launchPrefix } from "./prefix.ts";
import { spareScript } from "./spare-script.ts";
import {
  failureText,
  Opened,
  ownerOf,
  type StartEvents,
  StartFailure,
  type StartOrder,
} from "./start.ts";
import { onFirstLine, openStream, openWords, ownFiles, sourceOf } from "./streams.ts";

export interface Program {
  /** Where it works: absolute. */
  directory: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Its first word is our own executable, which somebody else may not look up. */
  isOwn?: boolean;
}

/** Calls back exactly once with `started` or `failed`, and never throws. */
export function startNodeProcess(
  order: StartOrder,
  programOf: () => Program,
  events: StartEvents,
  options: StartOptions,
): void {
  const opened = new Opened();
  try {
    start(order, programOf(), events, options, opened);
  } catch (error) {
    opened.discard();
    fail(order, error as Error, events, options);
  } finally {
    opened.close();
  }
}

function start(
  order: StartOrder,
  program: Program,
  events: StartEvents,
  options: StartOptions,
  opened: Opened,
): void {
  if (!startInSpare(order, program, events, options))
    startAnew(order, program, events, options, opened);
}

function startAnew(
  order: StartOrder,
  program: Program,
  events: StartEvents,
  options: StartOptions,
  opened: Opened,
): void {
  const { config } = order;
  const { name } = config;
  const { directory, command: given, env, isOwn = false } = program;
  const { heartbeats, output, pipes, spares, startProcess, tools } = options;
  const stderr = openStream(order, "stderr", directory, pipes, opened);
  const stdout = openStream(order, "stdout", directory, pipes, opened);
  const words = openWords(order, pipes, opened);
  checkExecutable(name, program);
  options.files.write(order);
  const others = new Map(words.map(({ fd, give }) => [fd, give]));
  const command = isOwn && ownerOf(order) !== undefined ? handOver(given, others, opened) : given;
  const say = (text: string) => output.say(name, text);
  const prefix = launchPrefix(config, tools, say, order.means, ownFiles(order, directory));
  const [file = "", ...args] = [...prefix, ...command];
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
      others,
    },
    {
      started: (pid) => {
        running = pid;
        begun = true;
        opened.handedOver();
        events.started(pid);
      },
      failed: (error) => {
        if (!begun) opened.discard();
        fail(order, error, events, options);
      },
      ...endOf(() => running, events, options),
    },
  );
  if (!begun) return;
  spares?.wanted();
  const streams = {
    stdout: sourceOf(stdout, child.stdout),
    stderr: sourceOf(stderr, child.stderr),
  };
  output.add(name, running, streams, options.filesOf(order, running, directory));
  for (const { fd, pipe, says } of words) {
    const stream = pipe?.open() ?? child.other(fd);
    if (stream === null) continue;
    if (says === "ready") onFirstLine(stream, events.ready);
    else heartbeats.watch(running, stream);
  }
}

/** @returns whether a process that was there already has become the node's */
function startInSpare(
  order: StartOrder,
  program: Program,
  events: StartEvents,
  options: StartOptions,
): boolean {
  const { output, spares } = options;
  if (spares === undefined || !spares.areReady || !isForSpares(order)) return false;
  checkExecutable(order.config.name, program);
  options.files.write(order);
  const script = spareScript(program, options.env, order.means?.cgroup);
  let running = 0;
  const taken =
    script &&
    spares.take(
      script,
      endOf(() => running, events, options),
    );
  if (!taken) return false;
  running = taken.pid;
  events.started(running);
  spares.wanted();
  const streams = {
    stdout: (sink: ByteSink) => taken.stdout.read(sink),
    stderr: (sink: ByteSink) => taken.stderr.read(sink),
  };
  output.add(
    order.config.name,
    running,
    streams,
    options.filesOf(order, running, program.directory),
  );
  return true;
}

function endOf(pid: () => number, events: StartEvents, { output }: StartOptions) {
  return {
    exited: (exit: Exit) => {
      events.exited(exit);
      output.exited(pid());
    },
    used: (cpu: number | undefined) => events.used?.(cpu),
  };
}

/** A spare has the streams, the rights and the limits that it was started with. */
function isForSpares({ config, means = {} }: StartOrder): boolean {
  const { cpuAffinity, stdoutFile, stderrFile } = config;
  const { cgroup: _, ...others } = means;
  const isConfined = Object.values(others).some((value) => value !== undefined && value !== false);
  const hasFiles = (stdoutFile ?? stderrFile) !== undefined;
  const hasWords = (readyFdOf(config) ?? heartbeatFdOf(config)) !== undefined;
  return !isConfined && cpuAffinity === undefined && !hasFiles && !hasWords;
}

/** The executable as a descriptor: opening that again takes no right to see our process. */
function handOver(
  [file = "", ...args]: readonly string[],
  others: Map<number, number | "pipe">,
  opened: Opened,
): string[] {
  let fd = FIRST_FREE_FD;
  while (others.has(fd)) fd++;
  others.set(fd, opened.fd(fs.openSync(file, "r")));
  return [`/proc/self/fd/${fd}`, ...args];
}

const FIRST_FREE_FD = 4;

/** @throws StartFailure: told here, for what a node is started through would tell it in other words */
export function checkExecutable(
  name: string,
  { command: [program = ""], env, directory }: Pick<Program, "command" | "env" | "directory">,
): void {
  const problem = executableProblem(program, env["PATH"], directory);
  if (problem !== undefined)
    throw new StartFailure(`node '${name}' failed to execute ${program}: ${problem}`);
}

function fail(
  { config }: StartOrder,
  error: NodeJS.ErrnoException,
  events: StartEvents,
  { output }: StartOptions,
): void {
  output.say(config.name, failureText(config.name, error));
  events.failed();
}
