/** Three hundred program nodes: how long until all run, and until all are gone. */
import path from "node:path";
import { spawnBare } from "./bare.ts";
import { Fifo } from "./fifo.ts";
import { compared, type Result } from "./result.ts";
import { plant, temporaryDirectory } from "./tree.ts";

const NODES = 300;
const ROUNDS = 5;
const STOP_MS = 1_000;

export const start = { name: "start", run };

interface Times {
  started: number[];
  stopped: number[];
}

async function run(): Promise<Result[]> {
  const tree: Times = { started: [], stopped: [] };
  const bare: Times = { started: [], stopped: [] };
  const directory = temporaryDirectory();
  for (let round = 0; round < ROUNDS; round++) {
    const fifo = new Fifo(path.join(directory, "runs"));
    const command = ["sh", "-c", `echo > ${fifo.path}; exec sleep 1000000`];
    await spawnAll(fifo, command, bare);
    await growAll(fifo, command, directory, tree);
    fifo.close();
  }
  return [
    compared(
      `${NODES} program nodes start`,
      "ms",
      tree.started,
      `${NODES} spawns`,
      bare.started,
      (value, reference) => ({ text: "2 × bare", met: value.median <= 2 * reference.median }),
    ),
    compared(
      `${NODES} program nodes stop, and the tree`,
      "ms",
      tree.stopped,
      "SIGTERM to each, and its exit",
      bare.stopped,
      (value) => ({ text: `${STOP_MS} ms`, met: value.median <= STOP_MS }),
    ),
  ];
}

async function spawnAll(fifo: Fifo, command: string[], times: Times): Promise<void> {
  const running = fifo.more(NODES);
  const begun = performance.now();
  const children = Array.from({ length: NODES }, () => spawnBare(command));
  times.started.push((await running) - begun);
  const told = performance.now();
  await Promise.all(children.map((child) => child.kill("SIGTERM")));
  times.stopped.push(performance.now() - told);
}

/** The script writes a byte of its own just before it creates the first node. */
async function growAll(
  fifo: Fifo,
  command: string[],
  directory: string,
  times: Times,
): Promise<void> {
  const source = `import fs from "node:fs";
    on("init", async () => {
      fs.writeFileSync(${JSON.stringify(fifo.path)}, "\\n");
      const command = ${JSON.stringify(command)};
      await Promise.all(Array.from({ length: ${NODES} }, (_, i) =>
        supervisor.create({ name: "node-" + i, command })));
      console.error("grown");
    });`;
  const growing = plant(source, { directory });
  growing.catch(() => {});
  const begun = await fifo.more(1);
  times.started.push((await fifo.more(NODES)) - begun);
  const tree = await growing;
  times.stopped.push(await tree.end());
}
