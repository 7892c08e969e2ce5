/** `npm run bench:peers [measure…]`: Coppice and what a user would pick instead, side by side. */
import os from "node:os";
import { undoAll } from "../undo.ts";
import { ending } from "./measure.ts";
import { optionsOf } from "./options.ts";
import { run } from "./run.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    ending.isTold = true;
    void undoAll().then(() => process.exit(128 + os.constants.signals[signal]));
  });
}
const options = optionsOf(process.argv.slice(2));
if (typeof options === "string") {
  console.error(`error: ${options}`);
  process.exitCode = 2;
} else {
  try {
    await run(options);
  } finally {
    await undoAll();
  }
}
