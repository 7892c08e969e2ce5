/** What a verb of the command line is. */
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";

export interface Verb {
  name: string;
  /** One line, for the list of all verbs. */
  summary: string;
  /** What follows the options, as the usage line shows it. */
  operands: string;
  /** What a shell offers for the operands. */
  completes?: Completes;
  /** Its own options, by their long names. */
  options: Record<string, Option>;
  /** More for its own help: whole lines. */
  details?: string;
  /** It asks nothing of a Supervisor, and so has none of the options that say which. */
  isLocal?: boolean;
  /** For our own scripts: in no list. */
  isHidden?: boolean;
  /** Its code, loaded when it is called. */
  load(): Promise<VerbModule>;
}

export interface VerbModule {
  /** @returns the exit status. @throws CoppiceError */
  run(line: Line, context: Context): Promise<number>;
}

/** An option as `parseArgs` of node:util wants it, and as people read it. */
export interface Option {
  type: "boolean" | "string";
  short?: string;
  multiple?: boolean;
  /** What its value is called. */
  value?: string;
  /** What it does: a line, or several. */
  text: string;
  completes?: Completes;
}

/** What a shell offers: names of a kind (of nodes; of nodes and their groups), certain words, or both. */
export type Completes = Names | readonly string[] | { words: readonly string[]; or: Names };

type Names = "nodes" | "groups" | "files" | "directories" | "verbs";
