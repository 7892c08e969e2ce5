/** How much of one node's output gets through to a pipe behind the Supervisor's stdout. */
import path from "node:path";
import { spawnBare } from "./bare.ts";
import { Fifo } from "./fifo.ts";
import { compared, type Result } from "./result.ts";
import { plant, temporaryDirectory } from "./tree.ts";
import { pause } from "./until.ts";

const ROUNDS = 6;
const WINDOW_MS = 1_000;
const GOAL = 100;
const LINE = "x".repeat(89);
/** With its newline. */
const LINE_BYTES = LINE.length + 1;
const PREFIX_BYTES = "[supervisor:STDOUT] [w] ".length;

export const output = { name: "output", run };

async function run(): Promise<Result[]> {
  const directory = temporaryDirectory();
  const through = new Fifo(path.join(directory, "through"));
  const direct = new Fifo(path.join(directory, "direct"));
  // Where nobody reads, nobody can write: tree and bare pipe stand still in turn.
  through.pause();
  direct.pause();
  const tree = await plant(
    `on("init", async () => {
       await supervisor.create({ name: "w", command: ["yes", "${LINE}"] });
       console.error("grown");
     });`,
    { directory, stdout: through.writeEnd },
  );
  const bare = spawnBare(["sh", "-c", `yes ${LINE} | cat`], direct.writeEnd);
  const rates = { tree: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.bare.push(await rateOf(direct));
    const printed = await rateOf(through);
    rates.tree.push((printed * LINE_BYTES) / (LINE_BYTES + PREFIX_BYTES));
  }
  await bare.kill();
  through.resume();
  await tree.end();
  through.close();
  direct.close();
  return [
    compared(
      "output of a node, lines of 90 bytes",
      "MB/s",
      rates.tree,
      "yes | cat",
      rates.bare,
      (value) => ({ text: `over ${GOAL} MB/s`, met: value.median > GOAL }),
    ),
  ];
}

async function rateOf(fifo: Fifo): Promise<number> {
  const { bytes } = fifo;
  const begun = performance.now();
  fifo.resume();
  await pause(WINDOW_MS);
  fifo.pause();
  return (fifo.bytes - bytes) / 1e3 / (performance.now() - begun);
}
