/** The memory of Supervisor and Stem together, with a hundred nodes. */
import { bareHundred, plantHundred } from "./hundred.ts";
import { memoryOf } from "./processes.ts";
import { compared, type Result } from "./result.ts";
import { temporaryDirectory } from "./tree.ts";
import { pause } from "./until.ts";

const ROUNDS = 3;
const SETTLE_MS = 1_500;
const GOAL_MB = 40;

export const memory = { name: "memory", run };

interface Sizes {
  own: number[];
  pss: number[];
}

/** The second start from a state directory finds what the first has compiled. */
const CASES = ["JavaScript", "TypeScript, first start", "TypeScript, later start"] as const;

async function run(): Promise<Result[]> {
  const sizes = new Map<string, Sizes>(CASES.map((name) => [name, { own: [], pss: [] }]));
  const bare: Sizes = { own: [], pss: [] };
  for (let round = 0; round < ROUNDS; round++) {
    await measureBare(bare);
    const place = temporaryDirectory();
    for (const name of CASES) {
      const isTypeScript = name !== "JavaScript";
      const directory = isTypeScript ? place : temporaryDirectory();
      await measure(directory, isTypeScript ? "tree.ts" : "tree.js", sizes.get(name));
    }
  }
  return [...sizes].flatMap(([name, { own, pss }]) => [
    compared(
      `memory of its own, ${name}`,
      "MB",
      own,
      "Node.js with 100 children",
      bare.own,
      (value) => ({ text: `under ${GOAL_MB} MB`, met: value.median < GOAL_MB }),
    ),
    compared(
      `… with its share of what is shared`,
      "MB",
      pss,
      "Node.js with 100 children",
      bare.pss,
    ),
  ]);
}

async function measure(directory: string, script: string, sizes?: Sizes): Promise<void> {
  const tree = await plantHundred(directory, script);
  await pause(SETTLE_MS);
  const { own, pss } = memoryOf([tree.supervisor, tree.stem]);
  sizes?.own.push(own);
  sizes?.pss.push(pss);
  await tree.end();
}

async function measureBare(sizes: Sizes): Promise<void> {
  const bare = await bareHundred();
  await pause(SETTLE_MS);
  const { own, pss } = memoryOf([bare.pid]);
  sizes.own.push(own);
  sizes.pss.push(pss);
  await bare.kill();
}
