/** Whether a node can work where it is to. */
import fs from "node:fs";
import { errnoText } from "../os/tools.ts";
import { StartFailure } from "./start.ts";

/** @throws StartFailure in Zeek's words */
export function checkEnterable(name: string, directory: string): void {
  const fail = (reason: string) => {
    throw new StartFailure(
      `node '${name}' failed to set working directory to ${directory}: ${reason}`,
    );
  };
  try {
    if (!fs.statSync(directory).isDirectory()) fail("Not a directory");
    fs.accessSync(directory, fs.constants.X_OK);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    fail(errnoText(error as NodeJS.ErrnoException));
  }
}
