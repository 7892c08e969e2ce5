/** What can be set about the evidence of crashes. */
import type { Limits } from "./retention.ts";

export interface CrashOptions extends Limits {
  /** A command of the shell that is given each record. */
  onCrash?: HookOptions;
}

export interface HookOptions {
  command: string;
  /** It runs once in this time for each node, in milliseconds; 0: for every record. */
  every: number;
  /** It is ended after this time, in milliseconds. */
  timeout: number;
}

export const CRASH_DEFAULTS = { keep: 100, maxSize: 50_000_000 } satisfies CrashOptions;
export const HOOK_DEFAULTS = { every: 60_000, timeout: 30_000 };
