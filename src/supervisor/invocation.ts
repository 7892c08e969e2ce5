/** How this process was started, as it was before any script could change it. */
import fs from "node:fs";
import { ownExecutable } from "../os/executable.ts";

export interface Invocation {
  /** The executable and its arguments: run again, it is the newest Coppice on disk. */
  command: string[];
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** What a process that only rehearses is told in its environment: where to write its answer. */
export const REHEARSAL_VARIABLE = "COPPICE_REHEARSAL";

/** To be called before any script is loaded. */
export function invocationOf({ execPath, execArgv, argv, env, cwd }: NodeJS.Process): Invocation {
  const executable = fs.existsSync(execPath) ? execPath : ownExecutable();
  return {
    command: [executable, ...execArgv, ...argv.slice(1)],
    directory: cwd(),
    env: { ...env },
  };
}
