/** A tree of a hundred nodes that do nothing, and Node.js with as many children. */
import { type Bare, spawnBare } from "./bare.ts";
import { childrenOf } from "./processes.ts";
import { type BenchTree, plant } from "./tree.ts";
import { until } from "./until.ts";

const NODES = 100;
const SLEEP = ["sleep", "1000000"];

/** @param script its ending says whether it is JavaScript or TypeScript */
export async function plantHundred(directory: string, script: string): Promise<BenchTree> {
  const tree = await plant(
    `const command${script.endsWith(".ts") ? ": string[]" : ""} = ${JSON.stringify(SLEEP)};
     on("init", async () => {
       for (let i = 0; i < ${NODES}; i++) await supervisor.create({ name: "node-" + i, command });
       console.error("grown");
     });`,
    { directory, script },
  );
  await until("100 nodes", () => childrenOf(tree.stem).length === NODES);
  return tree;
}

/** What a process costs that has as many children, and reads their output. */
export async function bareHundred(): Promise<Bare> {
  const bare = spawnBare([
    process.execPath,
    "-e",
    `const { spawn } = require("node:child_process");
     for (let i = 0; i < ${NODES}; i++) {
       const child = spawn("sleep", ["1000000"], { stdio: ["ignore", "pipe", "pipe"] });
       child.stdout.resume();
       child.stderr.resume();
     }`,
  ]);
  await until("100 children", () => childrenOf(bare.pid).length === NODES);
  return bare;
}
