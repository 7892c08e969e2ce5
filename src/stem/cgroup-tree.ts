/**
 * Makes a control group for the tree, below the one in which we were started, and has the kernel
 * count there what it can. What cannot be done is told, and done without.
 */
import path from "node:path";
import { type CgroupFs, words } from "../os/cgroup-fs.ts";
import { errnoText } from "../os/tools.ts";

/** What limits of a node need, and out-of-memory kills are seen by. */
export const CONTROLLERS = ["cpu", "memory", "pids"] as const;
export type Controller = (typeof CONTROLLERS)[number];

export interface CgroupTree {
  /** Nodes' groups go into this one. */
  directory: string;
  controllers: ReadonlySet<Controller>;
  /** Why controllers are missing. */
  why: string;
}

export interface Grounds {
  cgroups: CgroupFs;
  /** Where the tree's group is to be, or is: below that in which the Supervisor was started. */
  directory: string;
  /** Whether a process is the Supervisor, or one that it has started. */
  isOurs(pid: number): boolean;
}

/** @throws the system's error if no group can be made */
export function makeCgroupTree(grounds: Grounds): CgroupTree {
  const { cgroups, directory } = grounds;
  const base = path.dirname(directory);
  cgroups.make(directory);
  const why =
    enable(base, cgroups) === undefined
      ? undefined
      : (makeRoom(base, `${directory}.self`, grounds) ?? enable(base, cgroups));
  const inner = enable(directory, cgroups);
  const on = words(cgroups.read(path.join(directory, "cgroup.subtree_control")));
  const controllers = new Set(CONTROLLERS.filter((controller) => on.includes(controller)));
  const missing = CONTROLLERS.filter((controller) => !controllers.has(controller));
  return {
    directory,
    controllers,
    why: why ?? inner ?? `the kernel offers no ${missing.join(", ")} controller in ${base}`,
  };
}

/** Has the groups in a group counted. @returns why not, if there are controllers that could be on */
function enable(directory: string, cgroups: CgroupFs): string | undefined {
  const file = path.join(directory, "cgroup.subtree_control");
  const offered = words(cgroups.read(path.join(directory, "cgroup.controllers")));
  const on = words(cgroups.read(file));
  let why: string | undefined;
  for (const controller of CONTROLLERS) {
    if (!offered.includes(controller) || on.includes(controller)) continue;
    try {
      cgroups.write(file, `+${controller}`);
    } catch (error) {
      why ??= `${file} cannot be written: ${errnoText(error as NodeJS.ErrnoException)}`;
    }
  }
  return why;
}

/**
 * Only a group without processes of its own may have the groups in it counted: those that are ours
 * move to a leaf, those that are not are nothing to us. @returns why there is no room
 */
function makeRoom(base: string, leaf: string, { cgroups, isOurs }: Grounds): string | undefined {
  // What we start meanwhile starts in the old place.
  for (let round = 0; round < ROUNDS; round++) {
    const members = words(cgroups.read(path.join(base, "cgroup.procs"))).map(Number);
    if (members.length === 0) return undefined;
    if (!members.every(isOurs))
      return `${base} holds other processes than this tree's: start the tree in a group of its own (systemd: Delegate=yes)`;
    try {
      cgroups.make(leaf);
      for (const pid of members) move(pid, leaf, cgroups);
    } catch (error) {
      return `${leaf}: ${errnoText(error as NodeJS.ErrnoException)}`;
    }
  }
  return `${base} does not become empty`;
}

function move(pid: number, directory: string, cgroups: CgroupFs): void {
  try {
    cgroups.write(path.join(directory, "cgroup.procs"), String(pid));
  } catch (error) {
    // It has ended.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const ROUNDS = 10;
