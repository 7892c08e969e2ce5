/** Control groups for the nodes of this tree, where the machine allows them. */
import fs from "node:fs";
import path from "node:path";
import { ownCgroup, systemCgroups } from "../os/cgroup-fs.ts";
import { type Clock, systemClock } from "../os/clock.ts";
import { writePrivateFile } from "../os/files.ts";
import { processStat } from "../os/process-table.ts";
import { signalProcess } from "../os/signals.ts";
import { errnoText } from "../os/tools.ts";
import { places } from "../wire/stem-setup.ts";
import { makeCgroupTree } from "./cgroup-tree.ts";
import { Cgroups } from "./cgroups.ts";

/**
 * Never throws.
 * @returns why there are none, if there are none
 */
export function openCgroups(stateDirectory: string): { cgroups?: Cgroups; why: string } {
  const own = ownCgroup(textOf("/proc/self/mountinfo"), textOf("/proc/self/cgroup"));
  if (own === undefined) return { why: "there is no cgroup v2 here" };
  const record = path.join(stateDirectory, places.cgroup);
  const known = textOf(record);
  // Where an earlier Stem has begun; else with a name that no other process ever had.
  const key = `${process.pid}-${processStat(process.pid)?.startTime ?? 0}`;
  const directory = fs.existsSync(known) ? known : path.join(own, `coppice-${key}`);
  try {
    const supervisor = process.ppid;
    const isOurs = (pid: number) => pid === process.pid || isFrom(pid, supervisor);
    const tree = makeCgroupTree({ cgroups: systemCgroups, directory, isOurs });
    writeOnce(record, directory, systemClock);
    const groupOf = (pid: number) => processStat(pid)?.group;
    const options = { cgroups: systemCgroups, tree, groupOf, signal: signalProcess };
    return { cgroups: new Cgroups(options), why: "" };
  } catch (error) {
    return { why: `${directory}: ${errnoText(error as NodeJS.ErrnoException)}` };
  }
}

/**
 * A disk that is full just now must not cost the tree its groups: it is tried again until it is written,
 * for the Stem and the Supervisor that come next.
 */
export function writeOnce(file: string, text: string, clock: Pick<Clock, "now" | "at">): void {
  try {
    writePrivateFile(file, text);
  } catch {
    clock.at(clock.now() + RETRY_MS, () => writeOnce(file, text, clock));
  }
}

const RETRY_MS = 1_000;

/** Whether a process is that one, or was started by it or by one that it started. */
function isFrom(pid: number, ancestor: number): boolean {
  for (let one = pid; one > 1; one = processStat(one)?.parent ?? 0)
    if (one === ancestor) return true;
  return false;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
