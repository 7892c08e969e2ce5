/** Lets Zeeks parse their scripts, in a place of their own that goes when it is done. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { ask } from "../../os/ask.ts";
import { errnoText } from "../../os/tools.ts";
import { type LaunchPlaces, parseLaunch } from "../../zeek/launch.ts";

export interface Candidate {
  config: NodeConfig;
  places: LaunchPlaces;
}

export interface ParseResult {
  node: string;
  isOk: boolean;
  /** What Zeek has said, or what else went wrong. */
  output: string;
}

export interface ParseOptions {
  /** Milliseconds, for each. */
  limit: number;
  /** Comes before each command, so that the kernel ends it with this process. */
  prefix: readonly string[];
  beforeSignal(act: () => void): () => void;
}

/** As many at a time as there are CPUs. The results are in the order of the candidates. */
export async function parseScripts(
  candidates: readonly Candidate[],
  options: ParseOptions,
): Promise<ParseResult[]> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-check-"));
  const remove = (): void => fs.rmSync(scratch, { recursive: true, force: true });
  const interruption = new AbortController();
  const done = options.beforeSignal(() => {
    // The kernel may not have been told yet to end them with us, or cannot be.
    interruption.abort();
    remove();
  });
  const results: ParseResult[] = [];
  const waiting = [...candidates.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, candidate] = next;
      const place = path.join(scratch, String(index));
      results[index] = await parse(candidate, place, options, interruption.signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  } finally {
    done();
    remove();
  }
  return results;
}

async function parse(
  { config, places }: Candidate,
  place: string,
  { limit, prefix }: ParseOptions,
  interruption: AbortSignal,
): Promise<ParseResult> {
  const node = config.name;
  const generated = path.join(place, "scripts");
  const cwd = path.join(place, "work");
  const late = AbortSignal.timeout(limit);
  const signal = AbortSignal.any([late, interruption]);
  try {
    const { command, env, scripts } = parseLaunch(config, { ...places, generated });
    for (const directory of [generated, cwd]) fs.mkdirSync(directory, { recursive: true });
    for (const [name, text] of scripts) fs.writeFileSync(path.join(generated, name), text);
    const { code, signal: by, output } = await ask([...prefix, ...command], { env, cwd, signal });
    const end = by === undefined ? "" : `ended by ${by}\n`;
    // Nobody finds the place any more.
    const own = output.replaceAll(`${generated}/`, "");
    return { node, isOk: code === 0, output: `${own}${end}` };
  } catch (error) {
    const why = late.aborted ? `not parsed within ${limit / 1000} s` : errnoText(error as Error);
    return { node, isOk: false, output: `${why}\n` };
  }
}
