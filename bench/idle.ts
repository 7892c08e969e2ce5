/** What an idle tree of a hundred nodes costs: how often it wakes up, and its CPU time. */
import { bareHundred, plantHundred } from "./hundred.ts";
import { activityOf } from "./processes.ts";
import { compared, type Result } from "./result.ts";
import { temporaryDirectory } from "./tree.ts";
import { pause } from "./until.ts";

/** What starting left to do is over by then: garbage, and looks at new nodes, which become rarer. */
const SETTLE_MS = 20_000;
const WINDOW_MS = 3_000;
const WINDOWS = 5;
const GOAL = 3;

export const idle = { name: "idle", run };

interface Rates {
  wakeUps: number[];
  cpu: number[];
}

async function run(): Promise<Result[]> {
  const tree = await plantHundred(temporaryDirectory(), "tree.ts");
  const bare = await bareHundred();
  await pause(SETTLE_MS);
  const pids = { tree: [tree.supervisor, tree.stem], bare: [bare.pid] };
  const rates = { tree: noRates(), bare: noRates() };
  for (let window = 0; window < WINDOWS; window++) {
    const begun = performance.now();
    const before = { tree: activityOf(pids.tree), bare: activityOf(pids.bare) };
    await pause(WINDOW_MS);
    const seconds = (performance.now() - begun) / 1000;
    for (const who of ["tree", "bare"] as const) {
      const after = activityOf(pids[who]);
      rates[who].wakeUps.push((after.switches - before[who].switches) / seconds);
      rates[who].cpu.push((after.cpu - before[who].cpu) / seconds);
    }
  }
  await tree.end();
  await bare.kill();
  const reference = "Node.js with 100 children";
  return [
    compared(
      "idle, 100 nodes: wake-ups a second",
      "/s",
      rates.tree.wakeUps,
      reference,
      rates.bare.wakeUps,
      (value) => ({ text: `under ${GOAL}`, met: value.median < GOAL }),
    ),
    compared("idle, 100 nodes: CPU time a second", "ms", rates.tree.cpu, reference, rates.bare.cpu),
  ];
}

function noRates(): Rates {
  return { wakeUps: [], cpu: [] };
}
