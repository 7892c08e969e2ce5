/** The evidence of crashes, as a Supervisor has it: what writes it is loaded with the first crash. */
import path from "node:path";
import { Evidence } from "../evidence/evidence.ts";
import type { CrashHook } from "../evidence/hook.ts";
import { CRASH_DEFAULTS, type CrashOptions } from "../evidence/options.ts";
import { Sampler } from "../evidence/sampler.ts";
import { systemClock } from "../os/clock.ts";
import { raise } from "../script/lifecycle.ts";

export interface EvidenceOptions {
  options: CrashOptions | undefined;
  stateDirectory: string;
  /** What the command of --on-crash inherits. */
  env: NodeJS.ProcessEnv;
  say(text: string): void;
}

export function evidenceOf({ options, stateDirectory, env, say }: EvidenceOptions): Evidence {
  const { onCrash, ...limits }: CrashOptions = options ?? CRASH_DEFAULTS;
  const now = (): number => systemClock.now();
  const sampler = new Sampler();
  let hook: CrashHook | undefined;
  const store = once(async () => {
    const { Store } = await import("../evidence/store.ts");
    const { CRASHES } = await import("../evidence/files.ts");
    return new Store(path.join(stateDirectory, CRASHES), limits, say);
  });
  return new Evidence({
    clock: systemClock,
    here: process.cwd(),
    sampler,
    store,
    async crashed(record) {
      void raise("crash", record);
      if (onCrash === undefined) return;
      const { CrashHook } = await import("../evidence/hook.ts");
      hook ??= new CrashHook(onCrash, { env, now, say });
      hook.crashed(record);
    },
    forgotten: (node) => hook?.forget(node),
    closed: () => hook?.close(),
    say,
  });
}

/** Made when it is asked for first. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
