/**
 * Lives through thousands of whole trees on virtual time, and counts which events met which states.
 * What happens depends on the seed alone. A seed that fails is told with its story, as is every cell
 * that could have been reached and was not.
 */
import { story } from "../test/simulation/simulate.ts";
import { coverageText } from "./simulate/coverage.ts";
import { optionsOf, type SimulateOptions, USAGE } from "./simulate/options.ts";
import { MACHINES, Run } from "./simulate/run.ts";

process.exitCode = await main();

/** @returns the exit status */
async function main(): Promise<number> {
  let options: SimulateOptions;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (options.seed !== undefined) return tell(options.seed);
  const run = new Run(options, say);
  const problem = await run.done();
  if (problem !== undefined) {
    say(problem);
    const seed = /^seed (\d+)/.exec(problem)?.[1] ?? "";
    say(`FAILED: npm run simulate -- --seed ${seed} tells this story again`);
    return 1;
  }
  for (const machine of MACHINES) say(...coverageText(machine, run.counts[machine.name] ?? {}), "");
  say(run.summary);
  return run.isFull && run.missed.length > 0 ? 1 : 0;
}

async function tell(seed: number): Promise<number> {
  const { text, problem } = await story(seed);
  say(
    text,
    problem === undefined ? `seed ${seed}: all is well` : `FAILED: seed ${seed}: ${problem}`,
  );
  return problem === undefined ? 0 : 1;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
