/**
 * Makes one fault after the other in the core, and runs the tests that should notice. The files stay as
 * they are: the tests load one of them with the fault in it. A fault that nobody notices is a failure.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS, type Mutant } from "./mutants/list.ts";

const ROOT = path.join(import.meta.dirname, "..");
const USAGE = "usage: npm run mutants -- [--file NAME] [--mutant NUMBER]…";
/** Far longer than any of these tests takes: a mutant that never ends is noticed, too (ms). */
const PATIENCE_MS = 180_000;

const core = readdirSync(path.join(ROOT, "test", "core"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/core/${name}`);
const isLong = (file: string): boolean => file.includes("property");

/** The quickest first: most faults go no further. */
const STAGES: readonly { name: string; files: string[]; env?: NodeJS.ProcessEnv }[] = [
  { name: "test/core", files: core.filter((file) => !isLong(file)) },
  { name: "the tree's properties", files: core.filter(isLong) },
  {
    name: "the simulation",
    files: ["test/simulation/simulation.test.ts"],
    env: { COPPICE_SIM_COUNT: "300" },
  },
];

process.exitCode = await main();

/** @returns the exit status */
async function main(): Promise<number> {
  let wanted: number[];
  try {
    wanted = wantedOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${String(error)}\n${USAGE}\n`);
    return 2;
  }
  const failing = await noticedBy();
  if (failing !== undefined) {
    say(`FAILED: ${failing} fails with no fault made`);
    return 1;
  }
  const begun = performance.now();
  const queue = wanted.values();
  const survivors: number[] = [];
  const noticed = new Map<string, number>();
  const work = async (): Promise<void> => {
    for (const number of queue) {
      const by = await noticedBy(number);
      if (by === undefined) survivors.push(number);
      else noticed.set(by, (noticed.get(by) ?? 0) + 1);
      say(`${by === undefined ? "SURVIVED" : "killed"} ${textOf(number)}${by ? ` (${by})` : ""}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const { name } of STAGES) say(`killed by ${name}: ${noticed.get(name) ?? 0}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const killed = wanted.length - survivors.length;
  say(`${wanted.length} mutants, ${killed} killed, ${survivors.length} survived; ${seconds} s`);
  for (const number of survivors.sort((a, b) => a - b))
    say(`FAILED: nobody noticed ${textOf(number)}`);
  return survivors.length === 0 ? 0 : 1;
}

/** @throws Error with what is wrong */
function wantedOf(args: readonly string[]): number[] {
  const { values } = parseArgs({
    args: [...args],
    options: { file: { type: "string" }, mutant: { type: "string", multiple: true } },
  });
  const wanted = values.mutant?.map(Number) ?? [...MUTANTS.keys()];
  const unknown = wanted.find((number) => MUTANTS[number] === undefined);
  if (unknown !== undefined)
    throw new Error(`there is no such mutant, only 0 to ${MUTANTS.length - 1}`);
  const chosen = wanted.filter(
    (number) => values.file === undefined || MUTANTS[number]?.file === values.file,
  );
  if (chosen.length === 0) throw new Error(`there is no mutant of '${values.file}'`);
  return chosen;
}

/** The first stage that fails, if one does. @param number the mutant's; without it, nothing is wrong */
async function noticedBy(number?: number): Promise<string | undefined> {
  for (const stage of STAGES) if (!(await passes(stage, number))) return stage.name;
  return undefined;
}

function passes({ files, env }: (typeof STAGES)[number], number?: number): Promise<boolean> {
  const args = ["--disable-warning=ExperimentalWarning", "--test", "--test-isolation=none"];
  const mutate = ["--import", path.join(ROOT, "scripts", "mutants", "mutate.ts")];
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [...(number === undefined ? [] : mutate), ...args, ...files],
      {
        cwd: ROOT,
        env: {
          ...process.env,
          ...env,
          ...(number !== undefined && { COPPICE_MUTANT: `${number}` }),
        },
        stdio: "ignore",
        timeout: PATIENCE_MS,
        killSignal: "SIGKILL",
      },
    );
    child.once("close", (code) => {
      done(code === 0);
    });
  });
}

function textOf(number: number): string {
  const { file, find, why } = MUTANTS[number] as Mutant;
  return `${number} ${file}: ${why}: ${find.split("\n").at(-1)?.trim()}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
