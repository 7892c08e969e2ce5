/**
 * A control group for each node: what limits all its processes together, and what none of them can
 * leave, whatever it forks and whatever session it makes. Where there is none, nodes are their process
 * groups, and everything else goes as before.
 */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { amountOf, cpuMaxText } from "../core/limits.ts";
import type { Exit } from "../core/revival.ts";
import {
  type CgroupFs,
  isPopulated,
  killAll,
  memoryKills,
  processesIn,
  removeAll,
} from "../os/cgroup-fs.ts";
import { errnoText } from "../os/tools.ts";
import type { CgroupTree, Controller } from "./cgroup-tree.ts";
import { type StartEvents, StartFailure } from "./start.ts";

export interface CgroupsOptions {
  cgroups: CgroupFs;
  tree: CgroupTree;
  /** The group of a process; undefined if there is no such process. */
  groupOf(pid: number): number | undefined;
  signal(pid: number, signal: NodeJS.Signals): void;
}

export class Cgroups {
  readonly #options: CgroupsOptions;
  /** By process group: whose number it is. */
  readonly #directories = new Map<number, string>();
  /** The other way round. */
  readonly #groups = new Map<string, Set<number>>();
  readonly #killsBefore = new Map<string, number>();

  constructor(options: CgroupsOptions) {
    this.#options = options;
  }

  /**
   * Makes a node's group, with its limits.
   * @returns its directory, which the node's process has to enter; @throws StartFailure
   */
  prepare(config: NodeConfig): string {
    const { cgroups } = this.#options;
    const directory = this.#directoryOf(config.name);
    let isNew: boolean;
    try {
      isNew = cgroups.make(directory);
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new StartFailure(`node '${config.name}' failed to make ${directory}: ${reason}`);
    }
    for (const { controller, file, value } of settingsOf(config)) {
      // A new group has no limits.
      if (value === undefined && isNew) continue;
      this.#set(config.name, controller, path.join(directory, file), value);
    }
    if (config.memoryMax !== undefined || !isNew)
      this.#endWhole(directory, config.memoryMax !== undefined);
    this.#killsBefore.set(directory, isNew ? 0 : this.#memoryKills(directory));
    return directory;
  }

  /** Hears of a start too, for by the number of its process group a node is asked for later. */
  attend(name: string, events: StartEvents): StartEvents {
    const directory = this.#directoryOf(name);
    return {
      ...events,
      started: (pid, group = pid) => {
        this.#forget(directory);
        this.#note(group, directory);
        events.started(pid, group);
      },
      exited: (exit) => events.exited(this.#toldWhy(directory, exit)),
    };
  }

  /** Whether anything of the node lives that a process group belongs to. */
  hasMembers(group: number): boolean {
    const directory = this.#directories.get(group);
    return directory !== undefined && isPopulated(directory, this.#options.cgroups);
  }

  /** Signals what of a node is in other process groups than its own. */
  signalOthers(group: number, signal: NodeJS.Signals): void {
    const { cgroups, groupOf, signal: send } = this.#options;
    const directory = this.#directories.get(group);
    if (directory === undefined) return;
    if (signal === "SIGKILL") return killAll(directory, cgroups, send);
    for (const pid of processesIn(directory, cgroups))
      if (groupOf(pid) !== group) send(pid, signal);
  }

  /**
   * What an earlier Stem has left in a node's control group, told by the process group of one of its
   * members; none if nothing lives there.
   */
  leftovers(name: string): number[] {
    const { cgroups, groupOf } = this.#options;
    const directory = this.#directoryOf(name);
    // Mostly there is none, and two errors would cost more than a look.
    if (!cgroups.exists(directory)) return [];
    for (const pid of processesIn(directory, cgroups)) {
      const group = groupOf(pid);
      if (group === undefined) continue;
      this.#note(group, directory);
      return [group];
    }
    return [];
  }

  /** A node's name is free for good. */
  forget(name: string): void {
    const directory = this.#directoryOf(name);
    this.#forget(directory);
    this.#killsBefore.delete(directory);
    removeAll(directory, this.#options.cgroups);
  }

  /** The tree has ended. @param kill whether what may be left, of nodes nobody knew of, is killed */
  end(kill: boolean): void {
    const { cgroups, tree, signal } = this.#options;
    if (kill && isPopulated(tree.directory, cgroups)) killAll(tree.directory, cgroups, signal);
    removeAll(tree.directory, cgroups);
  }

  #directoryOf(name: string): string {
    // With a word before it, for a node may be called "cgroup.procs".
    return path.join(this.#options.tree.directory, `node-${name}`);
  }

  #note(group: number, directory: string): void {
    this.#directories.set(group, directory);
    const groups = this.#groups.get(directory);
    if (groups === undefined) this.#groups.set(directory, new Set([group]));
    else groups.add(group);
  }

  #forget(directory: string): void {
    for (const group of this.#groups.get(directory) ?? []) {
      // Its number may be another node's by now.
      if (this.#directories.get(group) === directory) this.#directories.delete(group);
    }
    this.#groups.delete(directory);
  }

  #set(name: string, controller: Controller, file: string, value: string | undefined): void {
    const { cgroups, tree } = this.#options;
    const fail = (reason: string): never => {
      throw new StartFailure(`node '${name}' failed to limit ${WHAT[controller]}: ${reason}`);
    };
    if (!tree.controllers.has(controller)) {
      if (value !== undefined) fail(tree.why);
      return;
    }
    try {
      cgroups.write(file, value ?? "max");
    } catch (error) {
      if (value !== undefined) fail(`${file}: ${errnoText(error as NodeJS.ErrnoException)}`);
    }
  }

  /** Half of a node would be neither dead nor of use. Linux before 4.19 ends one process. */
  #endWhole(directory: string, isLimited: boolean): void {
    const { cgroups, tree } = this.#options;
    if (!tree.controllers.has("memory")) return;
    try {
      cgroups.write(path.join(directory, "memory.oom.group"), isLimited ? "1" : "0");
    } catch {
      // Then its revival ends what is left.
    }
  }

  #toldWhy(directory: string, exit: Exit): Exit {
    if (exit.signal !== "SIGKILL") return exit;
    const before = this.#killsBefore.get(directory) ?? 0;
    return this.#memoryKills(directory) > before ? { ...exit, oom: true } : exit;
  }

  #memoryKills(directory: string): number {
    const { cgroups, tree } = this.#options;
    return tree.controllers.has("memory") ? memoryKills(directory, cgroups) : 0;
  }
}

interface Setting {
  controller: Controller;
  file: string;
  /** Unset: no limit, also if the last creation of that name had one. */
  value: string | undefined;
}

function settingsOf({ memoryMax, cpuMax, tasksMax }: NodeConfig): Setting[] {
  const memory = memoryMax === undefined ? undefined : String(amountOf(memoryMax));
  const cpu = cpuMax === undefined ? undefined : cpuMaxText(cpuMax);
  const tasks = tasksMax === undefined ? undefined : String(tasksMax);
  return [
    { controller: "memory", file: "memory.max", value: memory },
    { controller: "cpu", file: "cpu.max", value: cpu },
    { controller: "pids", file: "pids.max", value: tasks },
  ];
}

const WHAT: Record<Controller, string> = {
  memory: "its memory",
  cpu: "its CPU time",
  pids: "its processes",
};
