/** A Supervisor's process after its image was replaced: it goes on from where its predecessor was. */
import process from "node:process";
import { CoppiceError } from "../errors.ts";
import { places } from "../wire/stem-setup.ts";
import { runSupervisor } from "./main.ts";
import { takeSuccessor } from "./reload/successor.ts";
import { StateDirectory } from "./state-directory.ts";

const [, , directory = ""] = process.argv;
try {
  const state = StateDirectory.keep(directory);
  const { image, options, invocation } = takeSuccessor(state.file(places.successor));
  // As scripts have always seen it.
  process.argv.splice(1, process.argv.length, ...invocation.argv);
  await runSupervisor(options, state, image, invocation);
} catch (error) {
  if (!(error instanceof CoppiceError)) throw error;
  process.stderr.write(`error: ${error.message}\n`, () => process.exit(error.exitStatus));
}
