/** The core of a process that has died: Node.js does not see the kernel's word for it, so it is looked for. */
import fs from "node:fs/promises";
import path from "node:path";
import { corePattern, limitsOf } from "./node-process.ts";

export interface Dead {
  pid: number;
  /** Where it worked: absolute. */
  directory: string;
  /** When it was started: Unix time in milliseconds. What is older is another's. */
  startedAt: number;
  signal: string;
}

/** The signals whose default is to leave a core; see signal(7). */
const CORE_SIGNALS = new Set([
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGSYS",
]);

/** @returns the file, or why there is none; nothing after a signal that leaves no core. Never rejects */
export async function findCore(dead: Dead): Promise<{ file?: string; why?: string }> {
  if (!CORE_SIGNALS.has(dead.signal)) return {};
  const pattern = corePattern();
  if (pattern === undefined) return { why: "this system does not tell where it puts cores" };
  if (pattern.startsWith("|")) {
    const [program = ""] = pattern.slice(1).trim().split(/\s/);
    const hint = program.endsWith("systemd-coredump") ? ": coredumpctl shows them" : "";
    return { why: `the kernel gives cores to ${program}${hint}` };
  }
  const where = path.resolve(dead.directory, pattern === "" ? "core" : pattern);
  const file = await newestLike(where, dead);
  if (file !== undefined) return { file };
  // Nodes have our own limit, unless they set another.
  const isOff = /^Max core file size\s+0\s/m.test(limitsOf(process.pid) ?? "");
  const hint = isOff ? "; the limit for cores is 0: start coppice after 'ulimit -c unlimited'" : "";
  return { why: `there is no ${where}${hint}` };
}

/** The newest file of such a name that is not older than the process, if any is there. */
async function newestLike(where: string, dead: Dead): Promise<string | undefined> {
  const directory = path.dirname(where);
  const name = coreName(path.basename(where), dead.pid);
  let newest: { file: string; at: number } | undefined;
  try {
    for (const entry of await fs.readdir(directory)) {
      if (!name.test(entry)) continue;
      const file = path.join(directory, entry);
      const { mtimeMs: at } = await fs.stat(file);
      if (at >= dead.startedAt && at > (newest?.at ?? 0)) newest = { file, at };
    }
  } catch {
    // There is no such directory, or it is not ours to read: then the file cannot be told.
  }
  return newest?.file;
}

/**
 * The pattern of core(5) as an expression. Only the pid is known here of what it may say; where the
 * pattern has none, the kernel may add it at the end.
 */
export function coreName(pattern: string, pid: number): RegExp {
  const parts = pattern.split(/(%.)/).map((part) => {
    if (part === "%p") return String(pid);
    if (part === "%%") return "%";
    return /^%.$/.test(part) ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  const added = pattern.includes("%p") ? "" : `(?:\\.${pid})?`;
  return new RegExp(`^${parts.join("")}${added}$`);
}
