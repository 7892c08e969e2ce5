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
/** How long a stage may take (ms), and how many times longer than with no fault: what never ends is noticed, too. */
const PATIENCE_MS = 30_000;
const PATIENCE_TIMES = 5;

const core = readdirSync(path.join(ROOT, "test", "core"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/core/${name}`);
const isLong = (file: string): boolean => file.includes("property");

interface Stage {
  name: string;
  files: string[];
  env?: NodeJS.ProcessEnv;
}
type Outcome = "passed" | "failed" | "never ended";

/** The quickest first: most faults go no further. */
const STAGES: readonly Stage[] = [
  { name: "test/core", files: core.filter((file) => !isLong(file)) },
  { name: "the tree's properties", files: core.filter(isLong) },
  {
    name: "the simulation",
    files: ["test/simulation/simulation.test.ts"],
    env: { COPPICE_SIM_COUNT: "300" },
  },
];

const patience = new Map<Stage, number>();
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
  for (const stage of STAGES) {
    const begun = performance.now();
    if ((await outcomeOf(stage)) === "passed") {
      const took = performance.now() - begun;
      patience.set(stage, Math.ceil(Math.max(PATIENCE_MS, PATIENCE_TIMES * took)));
      continue;
    }
    say(`FAILED: ${stage.name} fails with no fault made`);
    return 1;
  }
  const begun = performance.now();
  const queue = wanted.values();
  const survivors: number[] = [];
  const noticed = new Map<string, number>();
  const work = async (): Promise<void> => {
    for (const number of queue) {
      const by = await noticedBy(number);
      if (by === undefined) {
        survivors.push(number);
        say(`SURVIVED ${textOf(number)}`);
        continue;
      }
      noticed.set(by.name, (noticed.get(by.name) ?? 0) + 1);
      say(`killed ${textOf(number)} (${by.name} ${by.how})`);
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

/** What the first stage that does not pass is called, and how it ended, if there is one. */
async function noticedBy(number: number): Promise<{ name: string; how: Outcome } | undefined> {
  for (const stage of STAGES) {
    const how = await outcomeOf(stage, number);
    if (how !== "passed") return { name: stage.name, how };
  }
  return undefined;
}

/** @param number the mutant's; without it, nothing is wrong */
function outcomeOf(stage: Stage, number?: number): Promise<Outcome> {
  const { files, env } = stage;
  const mutate = ["--import", path.join(ROOT, "scripts", "mutants", "mutate.ts")];
  const args = ["--disable-warning=ExperimentalWarning", "--test", "--test-isolation=none"];
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
        timeout: patience.get(stage),
        killSignal: "SIGKILL",
      },
    );
    child.once("close", (code, signal) => {
      done(code === 0 ? "passed" : signal === "SIGKILL" ? "never ended" : "failed");
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
