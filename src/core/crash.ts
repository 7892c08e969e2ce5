/** What is known of a crash: a death of a node that nobody had asked for, or a start that failed. */
import type { NodeConfig } from "./config.ts";
import type { Exit } from "./revival.ts";

/** "exit": it ended by itself; "start": it could not be started; "unhealthy": it was ended, as it was not well. */
export type CrashKind = "exit" | "start" | "unhealthy";

/** A crash without its output and its configuration. Times are Unix times, and all in milliseconds. */
export interface CrashSummary {
  /** A number: a later crash in the same state directory has a higher one. */
  id: string;
  /** When it died, or could not be started. */
  at: number;
  node: string;
  kind: CrashKind;
  /** How the process ended; empty for a start that failed. */
  exit: Exit;
  /** Why it was ended, if it was. */
  reason?: string;
  /** The core that it has left: a file that was there when the record was made. */
  coreFile?: string;
  /** Why there is none, of a process that ended by a signal which leaves one. */
  noCore?: string;
  /** Unset for a start that failed. */
  pid?: number;
  /** Starts so far; those that failed do not count. */
  generation: number;
  /** Unset where nobody knows: the Supervisor that saw the start is gone. */
  startedAt?: number;
  /** How long the process had lived. */
  lived?: number;
  usage?: CrashUsage;
  next: CrashNext;
  /** How many crashes of this node since its last record have left none: too many came at once. */
  unrecorded?: number;
}

export interface CrashRecord extends CrashSummary {
  stdout: CrashOutput;
  stderr: CrashOutput;
  /** What it was started with. */
  config: NodeConfig;
}

/** The last lines of a stream of that life. */
export interface CrashOutput {
  /** Without their newlines. Bytes that are not UTF-8 are lone surrogates U+DC80 to U+DCFF. */
  lines: string[];
  /** How many bytes came before these lines. */
  omitted: number;
  /** Whether the stream had ended: else something may have come later. */
  complete: boolean;
  /** Read from the end of this file, which may begin with lines of earlier lives. */
  file?: string;
  /** Why that file could not be read. */
  problem?: string;
}

/** What the process used, as far as that can be known of one that is gone. */
export interface CrashUsage {
  /** CPU time. */
  cpu: number;
  /** Whether that is all of it, with the children that it waited for; else it is of `sampledAt`. */
  isFinal: boolean;
  /** Resident memory in bytes, at `sampledAt`. */
  memory?: number;
  /** The most that it ever was, up to `sampledAt`. */
  peakMemory?: number;
  sampledAt?: number;
}

export type CrashNext =
  /** Its next process was started. */
  | { kind: "started"; at: number; pid: number }
  /** It is to start again: at that time, unless it waits for something else. */
  | { kind: "waits"; at?: number }
  /** It is not revived any more. */
  | { kind: "gaveUp" }
  /** The next start failed, which is a crash of its own. */
  | { kind: "failed"; at: number }
  /** It was told to stop, or destroyed. */
  | { kind: "told" };

/** The part of a record that lists have. */
export function summaryOf(record: CrashRecord): CrashSummary {
  const { stdout: _stdout, stderr: _stderr, config: _config, ...summary } = record;
  return summary;
}
