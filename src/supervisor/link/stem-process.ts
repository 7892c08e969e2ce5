/** Starts a Stem from the image. */
import path from "node:path";
import type { Exit } from "../../core/revival.ts";
import { ownExecutable } from "../../os/executable.ts";
import { signalProcess } from "../../os/signals.ts";
import { startProcess } from "../../os/spawn.ts";
import type { Source } from "../../output/pipeline.ts";
import { NODE_OPTIONS } from "../../script/options.ts";
import { STEM_VARIABLE, type StemSetup } from "../../wire/stem-setup.ts";
import type { StemProcess } from "../supervisor-ports.ts";

export interface StemOptions {
  image: string;
  stateDirectory: string;
  /** How long the tree lives on without a Supervisor (ms). */
  keep: number;
  token: string;
  /** The environment as it was before any script could change it. */
  env: NodeJS.ProcessEnv;
  /** Where lines go that the Stem's process itself prints: only when something is badly wrong. */
  output: { stdout: Source; stderr: Source };
}

export function startStem(options: StemOptions, exited: (exit: Exit) => void): StemProcess {
  const setup: StemSetup = {
    parent: process.pid,
    token: options.token,
    stateDirectory: options.stateDirectory,
    keep: options.keep,
    nodeOptions: NODE_OPTIONS,
  };
  let pid = -1;
  const streams = startProcess(
    {
      file: ownExecutable(),
      args: [...NODE_OPTIONS, ...STEM_NODE_OPTIONS, path.join(options.image, "stem", "main.js")],
      env: { ...options.env, [STEM_VARIABLE]: JSON.stringify(setup) },
      stdout: "pipe",
      stderr: "pipe",
    },
    {
      started: (started) => {
        pid = started;
      },
      failed: () => setImmediate(exited, {}),
      exited,
    },
  );
  for (const name of ["stdout", "stderr"] as const) {
    const source = options.output[name];
    streams[name]?.on("data", (bytes: Uint8Array) => source.push(bytes));
    streams[name]?.on("error", () => {});
    streams[name]?.once("close", () => source.end());
  }
  return {
    pid,
    signal: (signal) => {
      if (pid > 0) signalProcess(pid, signal);
    },
  };
}

/**
 * The Stem holds little and lives long: one thread collects its garbage, and small spaces for new
 * objects keep it small.
 */
const STEM_NODE_OPTIONS = ["--max-semi-space-size=1", "--single-threaded-gc", "--v8-pool-size=1"];
