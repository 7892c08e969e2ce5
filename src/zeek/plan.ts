/** What a configuration file of Zeek's own tools asks for: the nodes of a cluster on this host. */
import type { NodeConfig } from "../core/config.ts";
import type { Listener } from "./listeners.ts";

/** The Zeek that is installed, and the host, as far as a plan depends on them. */
export interface Installation {
  /** The `zeek` to execute: an absolute path. */
  executable: string;
  /** Such as "8.2.2" or "9.1.0-dev.12". */
  version: string;
  /** Where Zeek was installed: `zeek-config --prefix`. */
  prefix: string;
  /** `zeek-config --zeekpath`, split. */
  zeekPath: readonly string[];
  hostName: string;
  /** Every address of this host, loopback included. */
  addresses: readonly string[];
}

/** A file that was read, for what is wrong to be told with its name. */
export interface Source {
  file: string;
  text: string;
}

/** Something wrong at a place; `text` says what, and what was meant if that can be guessed. */
export interface Problem {
  file: string;
  /** From 1. */
  line?: number;
  text: string;
}

export interface Plan {
  /** In the order in which they are shown; how they start follows from their roles. */
  nodes: NodeConfig[];
  /** What the file says that is not done here, and why: a line each. */
  notes: string[];
  /** Directories that must be there before a node starts; absolute. */
  directories: string[];
  /** Ports that its own scripts have nodes listen on. Unset: as Zeek does by itself. */
  listeners?: Listener[];
}

export type Planned = { plan: Plan } | { problems: Problem[] };

/** `node.cfg:12: unknown key 'lb_proc'; did you mean 'lb_procs'?` */
export function problemText({ file, line, text }: Problem): string {
  return `${file}${line === undefined ? "" : `:${line}`}: ${text}`;
}
