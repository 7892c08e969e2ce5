/** `coppice script.ts`: the scripts, run as a plain process. */
import { argsOf, setArgs } from "../script/args.ts";
import { installModuleHooks } from "../script/modules.ts";
import { setRole } from "../script/role.ts";
import { sayTerminated, scriptProcess } from "../script/run.ts";
import type { RunOptions } from "./options.ts";

/** @throws ScriptError */
export async function runPlain(options: RunOptions): Promise<void> {
  const process = scriptProcess(sayTerminated);
  setRole({ kind: "plain", terminate: () => process.end() });
  setArgs(argsOf(options));
  installModuleHooks();
  await process.run(options.handedDown.scripts, options.handedDown.exec);
}
