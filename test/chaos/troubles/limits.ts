/** No descriptors are left, or no processes may be started, for a while. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { openDescriptors } from "../../../scripts/fuzz/process.ts";
import { TICKS_PER_SECOND } from "../../../src/os/proc-stat.ts";
import { patient } from "../patience.ts";
import { lives, type Seen } from "../processes.ts";
import { pause, type World } from "../world.ts";
import type { Trouble } from "./trouble.ts";

/** What Node.js takes to begin (ms). */
const BEGUN_MS = 1_000;

export const noDescriptors: Trouble = {
  name: "no-descriptors",
  weight: 4,
  missing: () => (has("prlimit") ? undefined : "there is no prlimit (util-linux)"),
  async run(world, dice, say) {
    const who = dice.pick(["Stem", "Supervisor"] as const);
    const left = dice.between(0, 6);
    const ms = dice.between(300, 5_000);
    say(`the ${who} has ${left} descriptors left for ${ms} ms`);
    const seen = settled(world, who);
    if (seen === undefined) return;
    const over = world.excuses.delaysOf("all", `the ${who} has no descriptors`);
    // A process may have lower numbers free: what counts is the highest that is open.
    limitDescriptors(seen.pid, `${openDescriptors(seen.pid) + left}:`);
    await pause(ms, world.stop);
    if (lives(seen)) limitDescriptors(seen.pid, `${hardLimit(seen.pid)}:`);
    over();
  },
};

export const noProcesses: Trouble = {
  name: "no-processes",
  weight: 3,
  missing: () =>
    groupsOfProcesses() === undefined
      ? "there is no control group that counts processes"
      : undefined,
  async run(world, dice, say) {
    const ms = dice.between(300, 5_000);
    const who = dice.pick(["Stem", "Stem", "Supervisor"] as const);
    say(`the ${who} may start no process for ${ms} ms`);
    const seen = settled(world, who);
    const above = groupsOfProcesses();
    if (seen === undefined || above === undefined) return;
    // The image that replaces it is a Node.js that begins, and has as yet no thread.
    if (who === "Supervisor" && world.hasReloads) return;
    const group = path.join(above, `coppice-chaos-${process.pid}`);
    const over = world.excuses.delaysOf("all", `the ${who} may start no process`);
    try {
      fs.mkdirSync(group, { recursive: true });
      fs.writeFileSync(path.join(group, "pids.max"), "max");
      fs.writeFileSync(path.join(group, "cgroup.procs"), String(seen.pid));
      fs.writeFileSync(path.join(group, "pids.max"), "0");
      await pause(ms, world.stop);
    } finally {
      lift(group, above);
    }
    over();
  },
};

/** One of the two, once Node.js itself has begun: that without what it needs does not get so far. */
function settled(world: World, who: "Stem" | "Supervisor"): Seen | undefined {
  const { stem, seen } = world.processes.look();
  const { living } = world.tree;
  if (living?.isGrown !== true) return undefined;
  const one = who === "Stem" ? stem : seen.find(({ pid }) => pid === living.pid);
  const uptime = Number(fs.readFileSync("/proc/uptime", "latin1").split(" ")[0]);
  const age = uptime - (one?.startTime ?? 0) / TICKS_PER_SECOND;
  return age * 1000 > patient(BEGUN_MS) ? one : undefined;
}

/** Whoever was started in it meanwhile goes as well. */
function lift(group: string, above: string): void {
  try {
    fs.writeFileSync(path.join(group, "pids.max"), "max");
    const pids = fs.readFileSync(path.join(group, "cgroup.procs"), "latin1").split("\n");
    for (const pid of pids.filter(Boolean)) move(pid, above);
    fs.rmdirSync(group);
  } catch {
    // Who is still in it may stay: there is no limit any more.
  }
}

function move(pid: string, group: string): void {
  try {
    fs.writeFileSync(path.join(group, "cgroup.procs"), pid);
  } catch {
    // It has gone.
  }
}

/** The group that this process is in, of the controller that counts processes: that of cgroup v1. */
function groupsOfProcesses(): string | undefined {
  try {
    const [, own = ""] =
      /^\d+:(?:[^:]*,)?pids(?:,[^:]*)?:(.*)$/m.exec(fs.readFileSync("/proc/self/cgroup", "utf8")) ??
      [];
    const directory = path.join("/sys/fs/cgroup/pids", own);
    fs.accessSync(path.join(directory, "cgroup.procs"), fs.constants.W_OK);
    return own === "" ? undefined : directory;
  } catch {
    return undefined;
  }
}

function limitDescriptors(pid: number, limit: string): void {
  spawnSync("prlimit", ["--pid", String(pid), `--nofile=${limit}`]);
}

function hardLimit(pid: number): string {
  const limits = fs.readFileSync(`/proc/${pid}/limits`, "latin1");
  return /^Max open files +\S+ +(\S+)/m.exec(limits)?.[1] ?? "1024";
}

function has(tool: string): boolean {
  return spawnSync(tool, ["--version"]).error === undefined;
}

/** A limit that an interrupted run has left is lifted: the processes end anyway. */
export function liftAll(): void {
  const above = groupsOfProcesses();
  if (above !== undefined) lift(path.join(above, `coppice-chaos-${process.pid}`), above);
}
