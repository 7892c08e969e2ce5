/** What the system tells of one process, for whoever looks for what is wrong with it. */
import fs from "node:fs";
import { environmentEntries } from "./environ.ts";

/** Its words; undefined if it cannot be seen. */
export function commandLineOf(pid: number): string[] | undefined {
  const text = textOf(`/proc/${pid}/cmdline`);
  return text === undefined || text === "" ? undefined : text.replace(/\0$/, "").split("\0");
}

/** What it was started with; undefined if that cannot be seen. */
export function environmentOf(pid: number): Record<string, string> | undefined {
  const entries = environmentEntries(pid)?.flatMap((entry): [string, string][] => {
    const equals = entry.indexOf("=");
    return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)]] : [];
  });
  return entries && Object.fromEntries(entries);
}

/** A table as the kernel prints it. */
export function limitsOf(pid: number): string | undefined {
  return textOf(`/proc/${pid}/limits`);
}

/** How often the kernel has ended a process of its control group for want of memory (cgroup v2). */
export function memoryKillsOf(pid: number): number | undefined {
  const group = /^0::(\S+)$/m.exec(textOf(`/proc/${pid}/cgroup`) ?? "")?.[1];
  if (group === undefined) return undefined;
  const events = textOf(`/sys/fs/cgroup${group}/memory.events`) ?? "";
  const count = /^oom_kill (\d+)$/m.exec(events)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Where the kernel puts cores: the pattern of a file's name, or "|PROGRAM …". */
export function corePattern(): string | undefined {
  return textOf("/proc/sys/kernel/core_pattern")?.trim();
}

function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
