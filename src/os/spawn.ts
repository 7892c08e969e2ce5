/** Starting processes: the only importer of `child_process`. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { Readable } from "node:stream";
import type { Exit } from "../core/revival.ts";
import { ChildrenCpu } from "./children-cpu.ts";
import { within } from "./within.ts";

export interface SpawnRequest {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** A descriptor to read from; nothing if left out. */
  stdin?: number;
  /** stdout and stderr: a descriptor to hand over, a stream of our own to read, or nothing. */
  stdout: number | "pipe" | "ignore";
  stderr: number | "pipe" | "ignore";
  /** Further descriptors to hand over, by the number that the process finds them under. */
  others?: ReadonlyMap<number, number | "pipe">;
}

export interface SpawnEvents {
  started(pid: number): void;
  /** Nothing was started; `reason` is for people. Comes instead of `started`. */
  failed(error: NodeJS.ErrnoException): void;
  exited(exit: Exit): void;
  /** Comes after `exited`: the CPU time of the process in milliseconds, if it can be told. */
  used?(cpu: number | undefined): void;
}

/** Every child of this process is told to it. */
const childrenCpu = new ChildrenCpu();

/**
 * Starts a process as the leader of a session and process group of its own.
 * Never throws: every failure goes to `events.failed`.
 */
export function startProcess(request: SpawnRequest, events: SpawnEvents): Started {
  if (events.used !== undefined) childrenCpu.want();
  try {
    const child = spawn(request.file, request.args, {
      env: request.env,
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      stdio: [
        request.stdin ?? "ignore",
        request.stdout,
        request.stderr,
        ...furtherStdio(request.others),
      ],
      detached: true,
    });
    child.once("exit", (code, signal) => {
      childrenCpu.ended((cpu) => events.used?.(cpu));
      events.exited(exitOf(code, signal));
    });
    if (child.pid === undefined) child.once("error", events.failed);
    else {
      child.on("error", () => {});
      events.started(child.pid);
    }
    const { stdout, stderr, stdio } = child;
    return { stdout, stderr, other: (fd) => (stdio[fd] as Readable | null | undefined) ?? null };
  } catch (error) {
    events.failed(error as NodeJS.ErrnoException);
    return { stdout: null, stderr: null, other: () => null };
  }
}

/** Our ends of what was asked for as "pipe". */
export interface Started {
  stdout: Readable | null;
  stderr: Readable | null;
  other(fd: number): Readable | null;
}

function furtherStdio(others: SpawnRequest["others"]): (number | "pipe" | "ignore")[] {
  const last = Math.max(2, ...(others?.keys() ?? []));
  return Array.from({ length: last - 2 }, (_, i) => others?.get(i + 3) ?? "ignore");
}

/** A program that works for this process, and that is told to end before it. */
export interface Companion {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Does nothing once it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Its end, once both streams have been read to theirs. Rejects if it could not be started. */
  readonly ended: Promise<Exit>;
}

/**
 * Starts a program without input whose output this process reads. It stays in our process group and
 * session: what ends those, a Stem that ends a node or a terminal that goes, ends it as well.
 * @throws Error if it cannot even be tried
 */
export function startCompanion(file: string, args: readonly string[]): Companion {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.once("exit", () => childrenCpu.ended());
  const ended = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(exitOf(code, signal)));
  });
  // Whoever waits for it is told.
  ended.catch(() => {});
  // Where descriptors are used up Node.js makes no streams, whatever its types say.
  if (!child.stdout || !child.stderr) throw new Error("Too many open files");
  // A stream that breaks ends, and that is what matters of it.
  for (const stream of [child.stdout, child.stderr]) stream.on("error", () => {});
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    kill: (signal) => {
      child.kill(signal);
    },
    ended,
  };
}

/** A program that was given its input, and is a session and process group of its own. */
export interface Fed {
  /** Its pid, and so its group's number; 0 if it could not be started. */
  readonly pid: number;
  /** Its end, and the beginning of what it said on stderr. Rejects if it could not be started. */
  readonly ended: Promise<{ exit: Exit; stderr: string }>;
}

/**
 * Starts a program with this input, and with nowhere to write to but stderr. It may outlive this process.
 * @throws Error if it cannot even be tried
 */
export function startFed(
  file: string,
  args: readonly string[],
  { env, input }: { env: NodeJS.ProcessEnv; input: string },
): Fed {
  const child = spawn(file, args, { env, stdio: ["pipe", "ignore", "pipe"], detached: true });
  let stderr = "";
  const ended = new Promise<{ exit: Exit; stderr: string }>((resolve, reject) => {
    child.once("error", reject);
    const drained = new Promise<void>((closed) => child.stderr?.once("close", closed));
    child.once("exit", (code, signal) => {
      childrenCpu.ended();
      // What it said last may come after the news of its end, which whatever it has left may hold up.
      void within(LAST_WORDS_MS, drained, () => {}).then(() => {
        child.stdin?.destroy();
        child.stderr?.destroy();
        resolve({ exit: exitOf(code, signal), stderr });
      });
    });
  });
  ended.catch(() => {});
  // Where descriptors are used up Node.js makes no streams, whatever its types say.
  if (!child.stdin || !child.stderr) throw new Error("Too many open files");
  child.stderr.on("error", () => {});
  child.stderr.on("data", (bytes: Buffer) => {
    if (stderr.length < MOST_KEPT) stderr += bytes.toString("utf8", 0, MOST_KEPT);
  });
  // It need not read what it is given.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return { pid: child.pid ?? 0, ended };
}

/**
 * Runs a small tool of the system and waits for it (milliseconds; only while starting up or for
 * tools that cannot block). `inherit` is a descriptor that the tool finds as its number 3.
 */
export function runTool(
  file: string,
  args: readonly string[],
  inherit?: number,
): { ok: boolean; output: string } {
  const result = spawnSync(file, args, {
    stdio: ["ignore", "pipe", "pipe", ...(inherit === undefined ? [] : [inherit])],
    encoding: "utf8",
    timeout: TOOL_TIMEOUT_MS,
  });
  childrenCpu.skip();
  return { ok: result.status === 0, output: `${result.stdout ?? ""}${result.stderr ?? ""}` };
}

/**
 * Runs a program without input or output and waits for its end.
 * @param inherit a descriptor that it finds as its number 3
 * @returns whether it ended with status 0
 */
export function runProgram(
  file: string,
  args: readonly string[],
  inherit?: number,
): Promise<boolean> {
  return new Promise((ended) => {
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        stdio: ["ignore", "ignore", "ignore", ...(inherit === undefined ? [] : [inherit])],
        timeout: TOOL_TIMEOUT_MS,
      });
    } catch {
      return ended(false);
    }
    child.once("exit", () => childrenCpu.ended());
    child.once("error", () => ended(false));
    child.once("close", (code) => ended(code === 0));
  });
}

/** How a process ended, without the field that does not apply. */
function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal !== null) return { signal };
  return { code: code ?? 0 };
}

const TOOL_TIMEOUT_MS = 10_000;
/** How long the end of a stream may take after that of its process. */
const LAST_WORDS_MS = 1_000;
const MOST_KEPT = 1_000;
