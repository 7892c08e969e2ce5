/** `npm run bench [measure…]`: how Coppice compares with a bare spawn, on this machine, now. */
import os from "node:os";
import { consolePage } from "./console.ts";
import { control } from "./control.ts";
import { idle } from "./idle.ts";
import { memory } from "./memory.ts";
import { output } from "./output.ts";
import { reload } from "./reload.ts";
import type { Measure, Result } from "./result.ts";
import { revival } from "./revival.ts";
import { start } from "./start.ts";
import { noise, table } from "./table.ts";
import { undoAll } from "./undo.ts";

const MEASURES: readonly Measure[] = [
  revival,
  start,
  idle,
  memory,
  output,
  control,
  reload,
  consolePage,
];

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    void undoAll().then(() => process.exit(128 + os.constants.signals[signal]));
  });
}
const names = process.argv.slice(2);
const unknown = names.find((name) => MEASURES.every((measure) => measure.name !== name));
if (unknown !== undefined) {
  const known = MEASURES.map(({ name }) => name).join(", ");
  console.error(`error: no measure is called '${unknown}': there are ${known}`);
  process.exitCode = 2;
} else {
  try {
    await bench(
      names.length === 0 ? MEASURES : MEASURES.filter(({ name }) => names.includes(name)),
    );
  } finally {
    await undoAll();
  }
}

async function bench(measures: readonly Measure[]): Promise<void> {
  const results: Result[] = [];
  for (const { name, run } of measures) {
    console.log(`measuring ${name} …`);
    results.push(...(await run()));
  }
  print("", ...table(results), "", ...noise(results), "", ...machine());
  const missed = results.filter(({ goal }) => goal?.met === false).length;
  const goals = results.filter(({ goal }) => goal !== undefined).length;
  print("", missed === 0 ? `All ${goals} goals are met.` : `${missed} of ${goals} goals MISSED.`);
}

function machine(): string[] {
  const cpus = os.cpus();
  const load = os.loadavg().map((value) => value.toFixed(1));
  return [
    `${cpus[0]?.model ?? "unknown CPU"}, ${cpus.length} cores; ${os.type()} ${os.release()}`,
    `Node.js ${process.versions.node}; load ${load.join(" ")}`,
  ];
}

function print(...lines: string[]): void {
  console.log(lines.join("\n"));
}
