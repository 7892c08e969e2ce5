/** A tree of a hundred nodes is reloaded while one of them prints as much as it can. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { connect } from "../src/control/client.ts";
import { Fifo } from "./fifo.ts";
import { childrenOf } from "./processes.ts";
import { compared, type Result } from "./result.ts";
import { plant, temporaryDirectory } from "./tree.ts";
import { pause, until } from "./until.ts";

const ROUNDS = 7;
const NODES = 100;
const GOAL_MS = 500;
/** Between two reloads: the flood goes on. */
const BETWEEN_MS = 500;

export const reload = { name: "reload", run };

async function run(): Promise<Result[]> {
  const directory = temporaryDirectory();
  const out = new Fifo(path.join(directory, "out"));
  const lines = new NumberedLines();
  out.onBytes = (bytes) => lines.take(bytes);
  const tree = await plant(
    `on("init", async () => {
       void supervisor.create({ name: "flood", command: ["seq", "1", "1000000000000"] });
       for (let i = 1; i < ${NODES}; i++)
         await supervisor.create({ name: "node-" + i, command: ["sleep", "1000000"] });
       console.error("grown");
     });`,
    { directory, stdout: out.writeEnd },
  );
  await until("all nodes", () => childrenOf(tree.stem).length === NODES);
  const before = pidsOf(tree.stem);
  const client = await connect(`unix:${path.join(directory, ".coppice", "control.sock")}`);
  const [took, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(twoStarts());
    const seen = lines.count;
    const begun = performance.now();
    const { kept } = await client.reload();
    took.push(performance.now() - begun);
    if (kept.length !== NODES) throw new Error(`only ${kept.length} of ${NODES} nodes were kept`);
    await until("the flood to go on", () => lines.count > seen + 1_000);
    await pause(BETWEEN_MS);
  }
  if (pidsOf(tree.stem) !== before) throw new Error("a node was restarted");
  client.close();
  // The last line of a flood that is ended may be half a one.
  const { error } = lines;
  await tree.end();
  out.close();
  if (error !== undefined) throw new Error(error);
  return [
    compared(
      `reload of ${NODES} nodes under a flood, none restarted, no line of ${millions(lines.count)} lost`,
      "ms",
      took,
      "two starts of Node.js, one after the other",
      bare,
      (value) => ({ text: `within ${GOAL_MS} ms`, met: value.median <= GOAL_MS }),
    ),
  ];
}

function pidsOf(stem: number): string {
  return childrenOf(stem)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)
    .join(" ");
}

/** A rehearsal and a new image are that at least. */
function twoStarts(): number {
  const begun = performance.now();
  for (let i = 0; i < 2; i++) spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - begun;
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} million`;
}

/** Sees that the lines of the flood come whole and in order: it counts them itself. */
class NumberedLines {
  count = 0;
  error: string | undefined;
  #rest = "";

  take(bytes: Uint8Array): void {
    const text = this.#rest + Buffer.from(bytes).toString("latin1");
    const end = text.lastIndexOf("\n");
    this.#rest = text.slice(end + 1);
    for (const line of text.slice(0, Math.max(0, end)).split("\n")) {
      if (end < 0) break;
      this.count++;
      if (line !== `[supervisor:STDOUT] [flood] ${this.count}`)
        this.error ??= `line ${this.count} of the flood is: ${line.slice(0, 200)}`;
    }
  }
}
