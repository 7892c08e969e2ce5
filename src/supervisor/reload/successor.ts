/**
 * What a Supervisor leaves for the image that replaces it to begin with: the new one does not pass the
 * command line again, since a rehearsal has, a moment ago.
 */
import fs from "node:fs";
import { writePrivateFile } from "../../os/files.ts";
import type { SupervisorOptions } from "../main.ts";
import type { Invocation } from "./invocation.ts";

export interface Successor {
  /** Its code. */
  image: string;
  /** Its command line, as its own Coppice has understood it. */
  options: SupervisorOptions;
  invocation: Invocation;
}

/** @throws the system's error */
export function leaveSuccessor(file: string, successor: Successor): void {
  writePrivateFile(file, JSON.stringify(successor));
}

/** @throws the system's error */
export function takeSuccessor(file: string): Successor {
  const successor = JSON.parse(fs.readFileSync(file, "utf8")) as Successor;
  fs.rmSync(file);
  return successor;
}
