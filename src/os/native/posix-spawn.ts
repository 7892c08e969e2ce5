/**
 * Starting processes by `posix_spawn`. Node.js forks: the kernel copies what it knows of this process's
 * memory and write-protects all of it, only to throw the copy away when the child executes its program.
 * A child that borrows our memory until then costs a third, and slows down nothing that comes after.
 */
import fs from "node:fs";
import path from "node:path";
import { getSystemErrorMap } from "node:util";
import { type SpawnEvents, type SpawnRequest, type Started, startProcess } from "../spawn.ts";
import { Children } from "./children.ts";
import { type Libc, SIZES, SPAWN } from "./libc.ts";

/** The same contract as `startProcess`. */
export type StartProcess = typeof startProcess;

/** The quickest way to start processes that this machine has. @param libc undefined: Node.js' own */
export function openSpawner(libc: Libc | undefined): StartProcess {
  if (libc === undefined) return startProcess;
  const spawner = new PosixSpawner(libc);
  return (request, events) => spawner.start(request, events) ?? startProcess(request, events);
}

const NO_STREAMS: Started = { stdout: null, stderr: null, other: () => null };

class PosixSpawner {
  readonly #libc: Libc;
  readonly #children: Children;
  readonly #attributes = Buffer.alloc(SIZES.attributes);
  readonly #actions = Buffer.alloc(SIZES.actions);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#children = new Children(libc);
    const attributes = this.#attributes;
    libc.posix_spawnattr_init(attributes);
    libc.posix_spawnattr_setflags(
      attributes,
      SPAWN.setSignalDefaults | SPAWN.setSignalMask | SPAWN.setSession,
    );
    // What is ignored here, as SIGPIPE is, would be ignored there.
    libc.posix_spawnattr_setsigdefault(attributes, Buffer.alloc(SIZES.signals, 0xff));
    libc.posix_spawnattr_setsigmask(attributes, Buffer.alloc(SIZES.signals));
  }

  /** @returns undefined if this cannot be started in this way; nothing has happened then */
  start(request: SpawnRequest, events: SpawnEvents): Started | undefined {
    const given = descriptorsOf(request);
    const settings = settingsOf(request.env);
    if (given === undefined || !isPlain(request, settings)) return undefined;
    const started = this.#spawn(request, given, settings);
    if (started === undefined) return undefined;
    if ("error" in started) setImmediate(events.failed, started.error);
    else {
      this.#children.watch(started.pid, (exit, cpu) => {
        events.exited(exit);
        events.used?.(cpu);
      });
      events.started(started.pid);
    }
    return NO_STREAMS;
  }

  #spawn(
    { file, args, cwd }: SpawnRequest,
    given: ReadonlyMap<number, number>,
    settings: readonly string[],
  ): { pid: number } | { error: NodeJS.ErrnoException } | undefined {
    const libc = this.#libc;
    const actions = this.#actions;
    libc.posix_spawn_file_actions_init(actions);
    try {
      for (const fd of [0, 1, 2].filter((fd) => !given.has(fd))) {
        const mode = fd === 0 ? fs.constants.O_RDONLY : fs.constants.O_RDWR;
        libc.posix_spawn_file_actions_addopen(actions, fd, "/dev/null", mode, 0);
      }
      for (const [as, fd] of given) libc.posix_spawn_file_actions_adddup2(actions, fd, as);
      if (cwd !== undefined) libc.posix_spawn_file_actions_addchdir_np(actions, cwd);
      const pid: [number] = [0];
      const words = [file, ...args, null];
      const env = [...settings, null];
      const code = libc.posix_spawn(pid, file, actions, this.#attributes, words, env);
      if (code === 0) return { pid: pid[0] };
      const error = systemError(code, file);
      // A script without a first line that says what runs it: Node.js tries the shell.
      return error.code === "ENOEXEC" ? undefined : { error };
    } catch {
      // More words than koffi has room for.
      return undefined;
    } finally {
      libc.posix_spawn_file_actions_destroy(actions);
    }
  }
}

/** What goes where, or undefined where that takes more than putting one after the other in its place. */
function descriptorsOf({
  stdin,
  stdout,
  stderr,
  others,
}: SpawnRequest): ReadonlyMap<number, number> | undefined {
  const own: [number, SpawnRequest["stdout"]][] = [
    [0, stdin ?? "ignore"],
    [1, stdout],
    [2, stderr],
  ];
  const all = [...own, ...(others ?? [])];
  const given = new Map<number, number>();
  const last = Math.max(...all.map(([as]) => as));
  for (const [as, fd] of all) {
    if (fd === "ignore") continue;
    // A pipe is Node.js' own to make; and one in the way of another would be lost before its turn.
    if (fd === "pipe" || fd <= last) return undefined;
    given.set(as, fd);
  }
  return given;
}

/** A file that needs no looking for, and words that C can hold. */
function isPlain({ file, args, cwd = "" }: SpawnRequest, settings: readonly string[]): boolean {
  if (!path.isAbsolute(file)) return false;
  const hasNul = (word: string) => word.includes("\0");
  return !hasNul(file) && !hasNul(cwd) && !args.some(hasNul) && !settings.some(hasNul);
}

function settingsOf(env: NodeJS.ProcessEnv): string[] {
  const settings: string[] = [];
  for (const name of Object.keys(env)) {
    const value = env[name];
    if (value !== undefined) settings.push(`${name}=${value}`);
  }
  return settings;
}

function systemError(code: number, file: string): NodeJS.ErrnoException {
  const [name, text] = getSystemErrorMap().get(-code) ?? [`${code}`, "unknown error"];
  const error: NodeJS.ErrnoException = new Error(`spawn ${file} ${name}: ${text}`);
  return Object.assign(error, { code: name, errno: -code, syscall: `spawn ${file}`, path: file });
}
