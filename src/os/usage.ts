/** What processes use, read from /proc a few at a time: nobody waits while thousands are read. */
import fs from "node:fs";
import type { Usage } from "../core/api.ts";
import { cpuTimeOf, statFields } from "./proc-stat.ts";
import { allPids } from "./process-table.ts";

/** How many processes are read before others get their turn. */
const AT_ONCE = 50;

/** @param groups process groups; @returns what their living processes use, by group */
export async function usageOfGroups(groups: ReadonlySet<number>): Promise<Map<number, Usage>> {
  const usage = new Map<number, Usage>();
  let read = 0;
  for (const pid of groups.size === 0 ? [] : allPids()) {
    if (++read % AT_ONCE === 0) await new Promise((next) => setImmediate(next));
    const found = usageOf(pid, groups);
    if (found === undefined) continue;
    const sum = usage.get(found.group) ?? { cpu: 0, memory: 0 };
    sum.cpu += found.cpu;
    sum.memory += found.memory;
    usage.set(found.group, sum);
  }
  return usage;
}

/** What one process uses, without others of its group; undefined if there is none. */
export function usageOfProcess(pid: number): Usage | undefined {
  const fields = statFields(pid);
  const memory = memoryOf(pid);
  return fields === undefined || memory === undefined
    ? undefined
    : { cpu: cpuTimeOf(fields), memory };
}

function usageOf(
  pid: number,
  groups: ReadonlySet<number>,
): (Usage & { group: number }) | undefined {
  const fields = statFields(pid);
  const group = Number(fields?.[2]);
  if (fields === undefined || !groups.has(group)) return undefined;
  const memory = memoryOf(pid);
  return memory === undefined ? undefined : { group, cpu: cpuTimeOf(fields), memory };
}

/** In bytes; undefined for a process that has ended. */
function memoryOf(pid: number): number | undefined {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return undefined;
  }
}
