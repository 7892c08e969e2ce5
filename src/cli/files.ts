/** Files that the command line names. */
import fs from "node:fs";
import { CoppiceError } from "../errors.ts";
import { errnoText } from "../os/tools.ts";

/** @param what the file is, for the error. @throws CoppiceError */
export function readFile(file: string, what: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new CoppiceError("COPPICE_FILE", `cannot read ${what} ${file}: ${reason}`);
  }
}
