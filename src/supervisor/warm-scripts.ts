/**
 * Has another process compile the scripts first. Stripping types takes Node.js some 12 MB that a
 * process never gives back; from the compile cache scripts load without. A Supervisor lives long,
 * so where the cache is cold a process that ends at once fills it.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ownExecutable } from "../os/executable.ts";
import { runtimeFile } from "../os/runtime.ts";
import { runProgram } from "../os/spawn.ts";
import { NODE_OPTIONS } from "../script/options.ts";

/** Node.js keeps stripped TypeScript in its compile cache from this major version on. */
const FIRST_WITH_CACHE = 24;

/** @param cache the compile cache's directory. Never fails: the scripts then load as they are */
export async function warmScripts(scripts: readonly string[], cache: string): Promise<void> {
  const urls = scripts.filter(isTypeScript).map((script) => pathToFileURL(script).href);
  const [major = 0] = process.versions.node.split(".").map(Number);
  // Started from its source, this process has the stripper in memory already.
  const isSource = isTypeScript(process.argv[1] ?? "");
  if (urls.length === 0 || major < FIRST_WITH_CACHE || isSource) return;
  const mark = path.join(cache, "warm.json");
  const stamps = JSON.stringify([process.version, ...scripts.map(stampOf)]);
  try {
    if (fs.existsSync(mark) && fs.readFileSync(mark, "utf8") === stamps) return;
    await runProgram(ownExecutable(), [
      ...NODE_OPTIONS,
      runtimeFile("script/warm"),
      cache,
      ...urls,
    ]);
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
    fs.writeFileSync(mark, stamps);
  } catch {
    // It was to save memory, no more.
  }
}

function isTypeScript(file: string): boolean {
  return /\.m?ts$/.test(file);
}

/** Changes when the script does. */
function stampOf(script: string): unknown {
  const stat = fs.statSync(script, { throwIfNoEntry: false });
  return [script, stat?.size, stat?.mtimeMs];
}
