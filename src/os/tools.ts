/** Finding programs, and those of the system's tools that nodes are started through. */
import fs from "node:fs";
import path from "node:path";
import { runTool } from "./spawn.ts";

/** Why `command` cannot be executed from `directory` with this search path, or undefined if it can. */
export function executableProblem(
  command: string,
  search: string | undefined,
  directory: string,
): string | undefined {
  // No path: what comes before the first slash is the command.
  const key = command.includes("/") ? undefined : `${command}/${search ?? DEFAULT_PATH}`;
  const known = key === undefined ? undefined : lastFound.get(key);
  // What was found before will do as long as it can be executed, whatever comes before it by now.
  if (known !== undefined && fileProblem(known) === undefined) return undefined;
  const found = findExecutable(command, search, directory);
  if (!("file" in found)) return found.problem;
  if (key !== undefined && isFoundAnywhere(found.file, search)) {
    if (lastFound.size >= MOST_FOUND) lastFound.clear();
    lastFound.set(key, found.file);
  }
  return undefined;
}

/** Many nodes run the same program: by what was looked for, where it was found. */
const lastFound = new Map<string, string>();
const MOST_FOUND = 100;

/** Whether it is found from any directory: by an absolute folder of the search path. */
function isFoundAnywhere(file: string, search = DEFAULT_PATH): boolean {
  return search.split(":").includes(path.dirname(file));
}

/** Where the system finds a command that is executed from `directory`, or why it does not. */
export function findExecutable(
  command: string,
  search: string | undefined,
  directory: string,
): { file: string } | { problem: string } {
  let problem = NOT_THERE;
  for (const file of candidates(command, search, directory)) {
    const reason = fileProblem(file);
    if (reason === undefined) return { file };
    if (reason !== NOT_THERE) problem = reason;
  }
  return { problem };
}

/** The absolute path of a tool on our own search path. */
export function findTool(name: string): string | undefined {
  const found = findExecutable(name, process.env["PATH"], process.cwd());
  return "file" in found ? found.file : undefined;
}

/** What nodes are started through on this machine; what is missing is done without. */
export interface LaunchTools {
  /** util-linux's `setpriv`, which makes the kernel end a node with its Stem. */
  setpriv?: string;
  /** util-linux's `taskset`, which pins a node to a CPU. */
  taskset?: string;
  mkfifo?: string;
  /** coreutils' `stdbuf`, through which an executed Zeek prints line by line. */
  stdbuf?: string;
}

export function findLaunchTools(): LaunchTools {
  const tools: LaunchTools = {};
  const setpriv = findTool("setpriv");
  if (setpriv !== undefined && knowsDeathSignal(setpriv)) tools.setpriv = setpriv;
  for (const name of ["taskset", "mkfifo", "stdbuf"] as const) {
    const tool = findTool(name);
    if (tool !== undefined) tools[name] = tool;
  }
  return tools;
}

/**
 * Whether a `setpriv` knows the option --pdeathsig: that of busybox does not. One that knows it has its
 * name inside, which is found sooner than another process could say so; a script in its place is asked.
 */
function knowsDeathSignal(setpriv: string): boolean {
  try {
    if (fs.readFileSync(setpriv, "latin1").includes("pdeathsig")) return true;
  } catch {
    // It may be executed by us, and not read.
  }
  return runTool(setpriv, ["--pdeathsig", "TERM", "true"]).ok;
}

/** What comes before a command that the kernel is to kill with this process, where it can be told. */
export function killedWithUs(): string[] {
  const { setpriv } = findLaunchTools();
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
}

/** The CPUs that this process may use, or undefined where the kernel does not say. */
export function allowedCpus(): Set<number> | undefined {
  let status: string;
  try {
    status = fs.readFileSync("/proc/self/status", "latin1");
  } catch {
    return undefined;
  }
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  if (list === undefined) return undefined;
  const cpus = new Set<number>();
  for (const range of list.split(",")) {
    const [from = 0, to = from] = range.split("-").map(Number);
    for (let cpu = from; cpu <= to; cpu++) cpus.add(cpu);
  }
  return cpus;
}

/** Where the system would look for a command, in order. */
function candidates(command: string, search: string | undefined, directory: string): string[] {
  if (command.includes("/")) return [path.resolve(directory, command)];
  const folders = (search ?? DEFAULT_PATH).split(":");
  return folders.map((folder) => path.resolve(directory, folder, command));
}

function fileProblem(file: string): string | undefined {
  try {
    // On the way along the search path most are not there, and an error costs more than an answer.
    const stats = fs.statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return NOT_THERE;
    if (stats.isDirectory()) return "Is a directory";
    fs.accessSync(file, fs.constants.X_OK);
    return undefined;
  } catch (error) {
    return errnoText(error as NodeJS.ErrnoException);
  }
}

/** The system's words for an error, as `strerror` has them for those that nodes meet. */
export function errnoText(error: NodeJS.ErrnoException): string {
  return (error.code !== undefined ? ERRNO[error.code] : undefined) ?? error.message;
}

const NOT_THERE = "No such file or directory";

const ERRNO: Record<string, string> = {
  EACCES: "Permission denied",
  EAGAIN: "Resource temporarily unavailable",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EBUSY: "Device or resource busy",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EEXIST: "File exists",
  EHOSTUNREACH: "No route to host",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENETUNREACH: "Network is unreachable",
  ENFILE: "Too many open files in system",
  ENODEV: "No such device",
  ENOENT: NOT_THERE,
  ENOMEM: "Cannot allocate memory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTFOUND: "Name or service not known",
  ENXIO: "No such device or address",
  E2BIG: "Argument list too long",
  EPIPE: "Broken pipe",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
};

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
