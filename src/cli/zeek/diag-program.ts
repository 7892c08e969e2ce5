/** What programs tell of a node: its Zeek of itself, and a debugger of its core. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { ask } from "../../os/ask.ts";
import { corePattern } from "../../os/node-process.ts";
import { errnoText, findExecutable, findTool } from "../../os/tools.ts";
import { askingEnv } from "./find-zeek.ts";

/** The Zeek of a node's, and the plugins that do not come with it. @returns lines */
export async function zeekLines(
  { zeek, env: own }: NodeConfig,
  env: Record<string, string | undefined>,
  here: string,
): Promise<string[]> {
  const system = `${os.type()} ${os.release()}`;
  if (zeek === undefined) return [system, ""];
  const { executable = "zeek" } = zeek;
  const asked = askingEnv({ ...env, ...own });
  const found = findExecutable(executable, asked["PATH"], here);
  if ("problem" in found) return [`cannot execute ${executable}: ${found.problem}`, system, ""];
  const version = await said([found.file, "--version"], asked);
  const plugins = await said([found.file, "-N"], asked);
  const added = plugins.filter((line) => line !== "" && !line.includes("(built-in)"));
  const list = added.length === 0 ? ["no plugins but the built-in ones"] : ["plugins:", ...added];
  return [...version, system, "", ...list, ""];
}

/**
 * A backtrace of all threads, if there is a core in the directory, or why there is none.
 * @param limits of the node's process, as the kernel prints them
 */
export async function coreLines(
  directory: string,
  executable: string | undefined,
  env: Record<string, string | undefined>,
  limits: string | undefined,
): Promise<string[]> {
  const core = newestCore(directory);
  if (core === undefined) return [noCoreText(corePattern() ?? "", limits), ""];
  const gdb = findTool("gdb");
  if (gdb === undefined) return [`core file ${core}, and no gdb here to read it with`, ""];
  const words = ["--batch", "--nx", "-ex", "thread apply all bt"];
  const program = executable === undefined ? [] : [executable];
  const lines = await said([gdb, ...words, ...program, core], askingEnv(env));
  return [`core file ${core}:`, ...lines, ""];
}

/** @param pattern the kernel's, of a core's name */
export function noCoreText(pattern: string, limits = ""): string {
  if (pattern.startsWith("|")) {
    const hint = pattern.includes("systemd-coredump") ? ": coredumpctl shows them" : "";
    return `no core file here: the kernel gives cores to ${pattern.slice(1).split(" ")[0]}${hint}`;
  }
  // ZeekControl lifts this limit for its nodes; here they have that of whoever started the tree.
  const isOff = /^Max core file size\s+0\s/m.test(limits);
  const hint = isOff ? ", and none will be written: start coppice after 'ulimit -c unlimited'" : "";
  if (!pattern.startsWith("/")) return `no core file${hint}`;
  return `no core file here: the kernel writes cores to ${pattern}${hint}`;
}

function newestCore(directory: string): string | undefined {
  try {
    const cores = fs.readdirSync(directory).filter((name) => /^core(\.|$)|\.core$/.test(name));
    const files = cores.map((name) => path.join(directory, name));
    const times = new Map(files.map((file) => [file, fs.statSync(file).mtimeMs]));
    return files.toSorted((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0))[0];
  } catch {
    return undefined;
  }
}

/** Never fails: what went wrong is a line. */
async function said(command: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const { output } = await ask(command, { env, signal });
    return output.trimEnd().split("\n");
  } catch (error) {
    const why = signal.aborted
      ? `no answer within ${LIMIT_MS / 1000} s`
      : errnoText(error as Error);
    return [`${command[0]}: ${why}`];
  }
}

const LIMIT_MS = 30_000;
