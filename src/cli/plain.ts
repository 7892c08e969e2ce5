/** `coppice script.ts`: the scripts, run as a plain process. */
import { setArgs } from "../script/args.ts";
import { installModuleHooks } from "../script/modules.ts";
import { setRole } from "../script/role.ts";
import { sayTerminated, scriptProcess } from "../script/run.ts";
import type { RunOptions } from "./options.ts";

/** @throws ScriptError */
export async function runPlain({ handedDown, ...own }: RunOptions): Promise<void> {
  const { scripts, exec, bareMode, ignoreChecksums, defines } = handedDown;
  const process = scriptProcess(sayTerminated);
  setRole({ kind: "plain", terminate: () => process.end() });
  setArgs({
    scripts,
    bareMode,
    ignoreChecksums,
    defines,
    ...(own.interface === undefined ? {} : { interface: own.interface }),
    ...(own.pcapFile === undefined ? {} : { pcapFile: own.pcapFile }),
  });
  installModuleHooks();
  await process.run(scripts, exec);
}
