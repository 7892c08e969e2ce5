/** The tree as the kernel knows it: who is whose child, and what each is called. */
import fs from "node:fs";
import path from "node:path";
import { allPids, type ProcessStat, processStat } from "../../src/os/process-table.ts";

export function childrenOf(parent: number): ProcessStat[] {
  return allPids()
    .map(processStat)
    .filter((stat) => stat !== undefined)
    .filter((stat) => stat.parent === parent && stat.state !== "Z");
}

/** What `ps` shows of a process. */
export function commandOf(pid: number): string {
  return read(pid, "cmdline").split("\0").filter(Boolean).join(" ").trim();
}

/** The name of the node that a process is, from the path of its configuration. */
export function nodeNameOf(pid: number): string {
  const entry = read(pid, "environ")
    .split("\0")
    .find((line) => line.startsWith("COPPICE_NODE="));
  return path.basename(entry ?? "", ".json");
}

/** The Supervisor, the Stem and the nodes, a line each. */
export function draw(supervisor: number): string[] {
  const lines = [label(supervisor)];
  for (const stem of childrenOf(supervisor)) {
    lines.push(`└─ ${label(stem.pid)}`);
    const nodes = childrenOf(stem.pid);
    for (const [i, node] of nodes.entries()) {
      lines.push(`   ${i === nodes.length - 1 ? "└" : "├"}─ ${label(node.pid)}`);
    }
  }
  return lines;
}

function label(pid: number): string {
  const command = commandOf(pid);
  return `${pid} ${command.length > WIDEST ? `${command.slice(0, WIDEST)}…` : command}`;
}

function read(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // It has gone meanwhile.
  }
}

const WIDEST = 70;
