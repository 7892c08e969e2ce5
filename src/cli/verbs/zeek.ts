/** `coppice zeek`: runs the clusters of Zeek's own configuration files, and looks into them. */
import fs from "node:fs";
import path from "node:path";
import { nearest } from "../../core/nearest.ts";
import type { Context } from "../context.ts";
import { inWords, type Line } from "../line.ts";
import { ONLY_FOR } from "../zeek/options.ts";

type Way = "run" | "check" | "diag";

export async function run(line: Line, context: Context): Promise<number> {
  const [first, ...others] = [...line.operands, ...(line.rest ?? [])];
  if (first === undefined)
    throw line.wrong("which file? coppice zeek node.cfg, zeek.conf, or a directory with one");
  const way = line.operands[0] === "check" || line.operands[0] === "diag" ? first : "run";
  refuseOptions(line, way as Way);
  if (way === "diag") {
    if (others.length === 0) throw line.wrong("which node? coppice zeek diag NODE");
    const { diagnose } = await import("../zeek/diag.ts");
    return diagnose([...new Set(others)], line, context);
  }
  const file = way === "check" ? others[0] : first;
  if (file === undefined) throw line.wrong("which file? coppice zeek check FILE");
  const extra = way === "check" ? others[1] : others[0];
  if (extra !== undefined) throw line.wrong(severalProblem(file, extra, way === "check", context));
  if (way === "check") {
    const { check } = await import("../zeek/check.ts");
    return check(file, line, context);
  }
  refuseMistyped(file, line, context);
  const { runCluster } = await import("../zeek/run.ts");
  return runCluster(file, line, context);
}

function refuseOptions(line: Line, way: Way): void {
  for (const [option, ways] of Object.entries(ONLY_FOR)) {
    if (!line.has(option) || ways.includes(way)) continue;
    const calls = ways.map((one) => (one === "run" ? "coppice zeek FILE" : `coppice zeek ${one}`));
    throw line.wrong(`--${option} is for ${inWords(calls)}`);
  }
}

function severalProblem(file: string, extra: string, isCheck: boolean, context: Context): string {
  const meant = isCheck ? undefined : subcommandLike(file, context);
  if (meant !== undefined) return `there is no 'zeek ${file}'; did you mean 'zeek ${meant}'?`;
  return `one file at a time: what is '${extra}'?`;
}

/** @throws UsageError */
function refuseMistyped(file: string, line: Line, context: Context): void {
  const meant = subcommandLike(file, context);
  if (meant !== undefined)
    throw line.wrong(`there is no file '${file}'; did you mean 'zeek ${meant}'?`);
}

function subcommandLike(word: string, { directory }: Context): string | undefined {
  if (fs.existsSync(path.resolve(directory, word))) return undefined;
  return nearest(word, ["check", "diag"]);
}
