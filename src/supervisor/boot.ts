/**
 * The first steps of a Supervisor, the only ones that run from where Coppice is installed: it takes
 * the state directory and makes the image, and all the rest is loaded from there. A Supervisor lives
 * for months, and loads some of its code only when it is needed; an upgrade in the meantime must not
 * mix two versions.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CoppiceError, StateDirectoryError } from "../errors.ts";
import { prepareImage } from "../os/image.ts";
import { leaveProcessOne } from "../os/init.ts";
import { errnoText } from "../os/tools.ts";
import type { SupervisorOptions } from "./main.ts";
import { invocationOf, rehearsalOrder } from "./reload/invocation.ts";
import { StateDirectory } from "./state-directory.ts";

/**
 * Runs a Supervisor until it is told to end, and then ends this process.
 * @throws CoppiceError (another copy of that class, perhaps) if it cannot start
 */
export async function bootSupervisor(options: SupervisorOptions): Promise<void> {
  leaveProcessOne((text) => process.stderr.write(`${text}\n`));
  const invocation = invocationOf(process);
  const order = rehearsalOrder(process.env);
  if (order !== undefined) {
    const { rehearse } = await import("./reload/rehearse.ts");
    return rehearse(options, order, () => imageIn(order.stateDirectory));
  }
  const state = StateDirectory.take(path.resolve(options.stateDirectory));
  const image = await imageIn(state.path);
  const file = pathToFileURL(path.join(image, "supervisor", "main.js"));
  const { runSupervisor } = (await import(file.href)) as typeof import("./main.ts");
  await runSupervisor(options, state, image, invocation);
}

/** @throws StateDirectoryError, InstallationError (rejections) */
async function imageIn(stateDirectory: string): Promise<string> {
  try {
    return await prepareImage(stateDirectory);
  } catch (error) {
    if (error instanceof CoppiceError) throw error;
    throw new StateDirectoryError(stateDirectory, errnoText(error as NodeJS.ErrnoException));
  }
}
