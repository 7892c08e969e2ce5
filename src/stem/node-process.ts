/** Starts a node's process, whatever it runs, with its streams. */
import { startProcess } from "../os/spawn.ts";
import { executableProblem } from "../os/tools.ts";
import type { LauncherOptions } from "./launcher.ts";
import { launchPrefix } from "./prefix.ts";
import { failureText, Opened, type StartEvents, StartFailure, type StartOrder } from "./start.ts";
import { onFirstLine, openStream, openWords } from "./streams.ts";

export interface Program {
  /** Where it works: absolute. */
  directory: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** Calls back exactly once with `started` or `failed`, and never throws. */
export function startNodeProcess(
  order: StartOrder,
  programOf: () => Program,
  events: StartEvents,
  options: LauncherOptions,
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
  { directory, command, env }: Program,
  events: StartEvents,
  options: LauncherOptions,
  opened: Opened,
): void {
  const { config } = order;
  const { name } = config;
  const { heartbeats, output, pipes, tools } = options;
  const stderr = openStream(order, "stderr", directory, pipes, opened);
  const stdout = openStream(order, "stdout", directory, pipes, opened);
  const words = openWords(config, pipes, opened);
  checkExecutable(name, command, env, directory);
  options.files.write(order);
  const prefix = launchPrefix(config, tools, (text) => output.say(name, text));
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
      others: new Map(words.map(({ fd, give }) => [fd, give])),
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
      exited: (exit) => {
        events.exited(exit);
        output.exited(running);
      },
      used: (cpu) => events.used?.(cpu),
    },
  );
  if (!begun) return;
  output.add(name, running, {
    stdout: stdout.pipe?.open() ?? child.stdout,
    stderr: stderr.pipe?.open() ?? child.stderr,
  });
  for (const { fd, pipe, says } of words) {
    const stream = pipe?.open() ?? child.other(fd);
    if (stream === null) continue;
    if (says === "ready") onFirstLine(stream, events.ready);
    else heartbeats.watch(running, stream);
  }
}

/** @throws StartFailure: told here, for what a node is started through would tell it in other words */
export function checkExecutable(
  name: string,
  [program = ""]: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
): void {
  const problem = executableProblem(program, env["PATH"], directory);
  if (problem !== undefined)
    throw new StartFailure(`node '${name}' failed to execute ${program}: ${problem}`);
}

function fail(
  { config }: StartOrder,
  error: NodeJS.ErrnoException,
  events: StartEvents,
  { output }: LauncherOptions,
): void {
  output.say(config.name, failureText(config.name, error));
  events.failed();
}
