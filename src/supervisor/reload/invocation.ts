/** How this process was started, as it was before any script could change it. */
import fs from "node:fs";
import { ownExecutable } from "../../os/executable.ts";

export interface Invocation {
  executable: string;
  /** Node.js' own options. */
  nodeOptions: string[];
  /** The main module and what is told to it: run again, it is the newest Coppice on disk. */
  argv: string[];
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** What a process that only rehearses is told in its environment; it answers on `ANSWER_FD`. */
export interface RehearsalOrder {
  /** Where the tree is: what the command line says by now does not count. */
  stateDirectory: string;
  /** To say what would change, and to change nothing; or to prepare what comes at once. */
  purpose: "plan" | "reload";
}

const REHEARSAL_VARIABLE = "COPPICE_REHEARSAL";

export function rehearsalOrder(env: NodeJS.ProcessEnv): RehearsalOrder | undefined {
  const text = env[REHEARSAL_VARIABLE];
  return text === undefined ? undefined : (JSON.parse(text) as RehearsalOrder);
}

export function withRehearsal(env: NodeJS.ProcessEnv, order: RehearsalOrder): NodeJS.ProcessEnv {
  return { ...env, [REHEARSAL_VARIABLE]: JSON.stringify(order) };
}

/** To be called before any script is loaded. */
export function invocationOf({ execPath, execArgv, argv, env, cwd }: NodeJS.Process): Invocation {
  return {
    executable: fs.existsSync(execPath) ? execPath : ownExecutable(),
    nodeOptions: [...execArgv],
    argv: argv.slice(1),
    directory: cwd(),
    env: { ...env },
  };
}
