/** The control groups of Linux (cgroup v2), which are directories and small files in memory. */
import fs from "node:fs";
import path from "node:path";

/** What there is to do with them. */
export interface CgroupFs {
  /** A control file's text; undefined if there is none, or it may not be read. */
  read(file: string): string | undefined;
  /** @throws the system's error */
  write(file: string, text: string): void;
  /** @returns whether it is a new one: one that was there already is no error. @throws the system's error */
  make(directory: string): boolean;
  /** Whether it has gone: one with processes, or with others in it, stays. */
  remove(directory: string): boolean;
  /** The groups in a group, by name. */
  children(directory: string): string[];
  /** Needs no descriptor. */
  exists(directory: string): boolean;
}

export const systemCgroups: CgroupFs = {
  read: (file) => {
    try {
      return fs.readFileSync(file, "latin1");
    } catch {
      return undefined;
    }
  },
  // Never made here: a file that is not there is one that the kernel does not have.
  write: (file, text) => fs.writeFileSync(file, text, { flag: "r+" }),
  make: (directory) => {
    // An error costs more than a look, and most starts are not a node's first.
    if (fs.existsSync(directory)) return false;
    try {
      fs.mkdirSync(directory);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return false;
    }
  },
  remove: (directory) => {
    try {
      fs.rmdirSync(directory);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT";
    }
  },
  children: (directory) => {
    try {
      return fs
        .readdirSync(directory, { withFileTypes: true })
        .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    } catch {
      return [];
    }
  },
  exists: (directory) => fs.existsSync(directory),
};

/**
 * The directory of this process's own group; undefined where there is no cgroup v2, or it cannot be
 * seen from here.
 * @param mounts /proc/self/mountinfo; @param own /proc/self/cgroup
 */
export function ownCgroup(mounts: string, own: string): string | undefined {
  const group = /^0::(\/.*)$/m.exec(own)?.[1];
  // Outside of what this container sees.
  if (group === undefined || group.startsWith("/..")) return undefined;
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, place] = before.split(" ").map(unescapeMount);
    if (root === undefined || place === undefined || !after.startsWith("cgroup2 ")) continue;
    const above = root === "/" ? "" : root;
    if (group === root) return place;
    if (group.startsWith(`${above}/`)) return path.join(place, group.slice(above.length));
  }
  return undefined;
}

/** Whether a process lives in a group, or below it; if that cannot be read, one may. */
export function isPopulated(directory: string, cgroups: CgroupFs): boolean {
  const events = cgroups.read(path.join(directory, "cgroup.events"));
  return events === undefined ? cgroups.exists(directory) : /^populated 1$/m.test(events);
}

/** The processes in a group and below it. */
export function processesIn(directory: string, cgroups: CgroupFs): number[] {
  const own = words(cgroups.read(path.join(directory, "cgroup.procs"))).map(Number);
  const below = cgroups
    .children(directory)
    .flatMap((name) => processesIn(path.join(directory, name), cgroups));
  // 0 is one that this container does not see.
  return [...own, ...below].filter((pid) => pid > 0);
}

/** Ends all processes in a group and below it, those that are being forked included. */
export function killAll(
  directory: string,
  cgroups: CgroupFs,
  signal: (pid: number, signal: NodeJS.Signals) => void,
): void {
  try {
    cgroups.write(path.join(directory, "cgroup.kill"), "1");
  } catch {
    // Linux before 5.14 has no such file: those that are forked meanwhile get the next signal.
    for (const pid of processesIn(directory, cgroups)) signal(pid, "SIGKILL");
  }
}

/** Removes a group and those below it; what still has processes stays. */
export function removeAll(directory: string, cgroups: CgroupFs): boolean {
  for (const name of cgroups.children(directory)) removeAll(path.join(directory, name), cgroups);
  return cgroups.remove(directory);
}

/** How often the kernel has ended a process of a group for want of memory; 0 where it does not count. */
export function memoryKills(directory: string, cgroups: CgroupFs): number {
  const events = cgroups.read(path.join(directory, "memory.events")) ?? "";
  return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
}

export function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}

/** A mount's path has spaces and the like in octal; see proc(5). */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  );
}
