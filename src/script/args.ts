/** The options of this process, as scripts see them. */

export interface Args {
  scripts: string[];
  interface?: string;
  pcapFile?: string;
  bareMode: boolean;
  ignoreChecksums: boolean;
  /** `name=value` on the command line. */
  defines: Record<string, string>;
}

/** What is handed down to nodes; `interface` and `pcapFile` never are. */
export interface HandedDown {
  scripts: string[];
  /** Code given with `-e`, in order. */
  exec: string[];
  /** Where Coppice was started, from which that code imports, wherever a node works. */
  directory: string;
  bareMode: boolean;
  ignoreChecksums: boolean;
  defines: Record<string, string>;
}

/** What a process lets its scripts see: what was handed down to it, and what is its own. */
export function argsOf(options: {
  handedDown: HandedDown;
  interface?: string;
  pcapFile?: string;
}): Args {
  const { scripts, bareMode, ignoreChecksums, defines } = options.handedDown;
  return {
    scripts,
    bareMode,
    ignoreChecksums,
    defines,
    ...(options.interface === undefined ? {} : { interface: options.interface }),
    ...(options.pcapFile === undefined ? {} : { pcapFile: options.pcapFile }),
  };
}

export let args: Args = { scripts: [], bareMode: false, ignoreChecksums: false, defines: {} };

/** Called once, before any script is loaded. */
export function setArgs(own: Args): void {
  args = own;
}
