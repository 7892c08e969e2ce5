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
  bareMode: boolean;
  ignoreChecksums: boolean;
  defines: Record<string, string>;
}

export let args: Args = { scripts: [], bareMode: false, ignoreChecksums: false, defines: {} };

/** Called once, before any script is loaded. */
export function setArgs(own: Args): void {
  args = own;
}
