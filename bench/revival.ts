/** From the death of a program node that has been up longer than its delay to its successor. */
import path from "node:path";
import { spawnBare } from "./bare.ts";
import { Fifo } from "./fifo.ts";
import { childrenOf, commandLine } from "./processes.ts";
import { compared, type Result } from "./result.ts";
import { plant, temporaryDirectory } from "./tree.ts";
import { pause, until } from "./until.ts";

const ROUNDS = 40;
const DELAY_MS = 50;
const MORE_MS = 5;

export const revival = { name: "revival", run };

async function run(): Promise<Result[]> {
  const directory = temporaryDirectory();
  const fifo = new Fifo(path.join(directory, "runs"));
  const command = ["sh", "-c", `echo > ${fifo.path}; exec sleep 1000000`];
  const config = {
    name: "program",
    command,
    revival: { delay: DELAY_MS, factor: 1 },
  };
  const [up, tree] = await Promise.all([
    fifo.more(1),
    plant(
      `on("init", async () => {
      await supervisor.create(${JSON.stringify(config)});
      console.error("grown");
    });`,
      { directory },
    ),
  ]);
  const bare: number[] = [];
  const revived: number[] = [];
  let since = up;
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareStart(fifo, command));
    await pause(Math.max(0, since + 2 * DELAY_MS - performance.now()));
    const [node] = await until("the node", () => {
      const nodes = childrenOf(tree.stem).filter(({ pid }) => isProgram(pid));
      return nodes.length === 1 && nodes;
    });
    const running = fifo.more(1);
    const killed = performance.now();
    process.kill(node?.pid ?? 0, "SIGKILL");
    since = await running;
    revived.push(since - killed);
  }
  await tree.end();
  fifo.close();
  return [
    compared(
      "a killed program's successor runs",
      "ms",
      revived,
      "spawn of the same program",
      bare,
      (value, reference) => ({
        text: `bare + ${MORE_MS} ms`,
        met: value.median <= reference.median + MORE_MS,
      }),
    ),
  ];
}

/** Not one that is there to become a node's process. */
function isProgram(pid: number): boolean {
  return commandLine(pid)?.startsWith("sleep\0") === true;
}

async function bareStart(fifo: Fifo, command: readonly string[]): Promise<number> {
  const running = fifo.more(1);
  const begun = performance.now();
  const child = spawnBare(command);
  const took = (await running) - begun;
  await child.kill();
  return took;
}
