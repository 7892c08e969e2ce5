/** The processes of the run as the kernel knows them: each carries the run's mark in its environment. */
import fs from "node:fs";
import { environmentEntries } from "../../src/os/environ.ts";
import { statFields } from "../../src/os/proc-stat.ts";
import { allPids, type ProcessStat, processStat } from "../../src/os/process-table.ts";

/** In the command line of whatever is run beside a node, to see how it is. */
export const CHECK = "chaos-check";
/** Names the run, by its directory; and the node that a process belongs to. */
export const RUN_VARIABLE = "CHAOS_DIR";
export const NODE_VARIABLE = "CHAOS_NODE";

export interface Seen extends ProcessStat {
  /** The node that it belongs to, if to one. */
  node: string | undefined;
  /** It is what the Stem has started for that node, and not something that this has started. */
  isLeader: boolean;
}

/** Whether that very process still runs: zombies do not. */
export function lives({ pid, startTime }: Pick<ProcessStat, "pid" | "startTime">): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.startTime === startTime && !isDead(stat);
}

interface Known {
  /** "": none. */
  node: string;
  /** It only looks how the node is. */
  isCheck: boolean;
}

export class ProcessScan {
  readonly #mark: string;
  /** What is known of programs that belong to nodes, by process and by where its environment lies. */
  #known = new Map<string, Known>();

  constructor(directory: string) {
    this.#mark = `${RUN_VARIABLE}=${directory}`;
  }

  /** Every living process of the run. */
  look(): Seen[] {
    const known = new Map<string, Known>();
    const seen: Seen[] = [];
    for (const pid of allPids()) {
      // First what it is, then what group it is in: a program may leave a group, and never change its node.
      const program = this.#programOf(pid);
      const stat = processStat(pid);
      if (program === undefined || stat === undefined || isDead(stat)) continue;
      const { node, isCheck } = program.about;
      if (node !== "") known.set(program.key, program.about);
      const isLeader = node !== "" && !isCheck && stat.group === pid;
      seen.push({ ...stat, node: node === "" ? undefined : node, isLeader });
    }
    this.#known = known;
    return seen;
  }

  /** @returns undefined of a process that is none of this run */
  #programOf(pid: number): { key: string; about: Known } | undefined {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const key = programKey(pid);
      if (key === undefined) return undefined;
      const known = this.#known.get(key);
      if (known !== undefined) return { key, about: known };
      const about = this.#aboutOf(pid);
      // One that takes on another program meanwhile is looked at again.
      if (key === programKey(pid)) return about && { key, about };
    }
    return undefined;
  }

  #aboutOf(pid: number): Known | undefined {
    const entries = environmentEntries(pid);
    if (entries === undefined || !entries.includes(this.#mark)) return undefined;
    const entry = entries.find((one) => one.startsWith(`${NODE_VARIABLE}=`));
    const isCheck = commandOf(pid).includes(CHECK);
    return { node: entry?.slice(NODE_VARIABLE.length + 1) ?? "", isCheck };
  }
}

/** Names a process and the program that it runs: each program has its environment elsewhere. */
function programKey(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields && `${pid} ${fields[START_TIME]} ${fields[ENVIRONMENT_START]}`;
}

/** As `statFields` counts. */
const START_TIME = 19;
const ENVIRONMENT_START = 47;
const MOST_TRIES = 100;

/** What `ps` shows of a process. */
export function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
  } catch {
    return "";
  }
}

/** @param pid 0: none, where the system would take it for the group of whoever asks. @returns whether there was one */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function isDead({ state }: ProcessStat): boolean {
  return state === "Z" || state === "X";
}
