/** The tree of the run: a Supervisor that is started, killed, and started again, in one state directory. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { connect, type RemoteSupervisor } from "../../src/control/client.ts";
import { RUN_VARIABLE } from "./processes.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
/** What is run: the built package, or what the tests are told of. */
const MAIN = process.env["COPPICE_TEST_MAIN"] ?? path.join(ROOT, "dist", "cli", "main.js");
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning"];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One life of the Supervisor, whatever images it has had. */
export interface Life {
  /** From 1 on. */
  number: number;
  pid: number;
  /** How long its tree lives on without it (s); undefined: not at all. */
  keep: number | undefined;
  child: ChildProcess;
  begun: number;
  ended?: Ended;
  /** It has answered. */
  isGrown: boolean;
  /** It was told or made to end: that it does is no fault. */
  isDoomed: boolean;
}

export interface TreeEvents {
  output(life: Life, stream: "stdout" | "stderr", bytes: Buffer): void;
  /** All that it has printed is read. */
  ended(life: Life, ended: Ended): void;
}

export interface TreeOptions {
  directory: string;
  /** Of the command line, beside `--keep`. */
  options: readonly string[];
  env: Record<string, string>;
}

export class ChaosTree {
  life: Life | undefined;
  readonly #options: TreeOptions;
  readonly #events: TreeEvents;
  #count = 0;

  constructor(options: TreeOptions, events: TreeEvents) {
    this.#options = options;
    this.#events = events;
  }

  get stateDirectory(): string {
    return path.join(this.#options.directory, "state");
  }

  /** The life that goes on, if one does. */
  get living(): Life | undefined {
    return this.life?.ended === undefined ? this.life : undefined;
  }

  start(keep: number | undefined): Life {
    const { directory, options, env } = this.#options;
    const keeping = keep === undefined ? [] : [`--keep=${keep}`];
    const args = ["-j", ...keeping, "--state-dir", this.stateDirectory, ...options, "tree.mjs"];
    const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, ...args], {
      cwd: directory,
      env: { ...process.env, ...env, [RUN_VARIABLE]: directory },
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C is for the run, which ends the tree.
      detached: true,
    });
    const life: Life = {
      number: ++this.#count,
      pid: child.pid ?? 0,
      keep,
      child,
      begun: performance.now(),
      isGrown: false,
      isDoomed: false,
    };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream]?.on("data", (bytes: Buffer) => this.#events.output(life, stream, bytes));
    child.once("close", (code, signal) => {
      life.ended = { code, signal };
      this.#events.ended(life, life.ended);
    });
    child.once("error", () => {
      life.ended ??= { code: null, signal: null };
    });
    this.life = life;
    return life;
  }

  /** @throws where nobody answers in time */
  connect(timeout = 20_000): Promise<RemoteSupervisor> {
    return connect(`unix:${path.join(this.stateDirectory, "control.sock")}`, { timeout });
  }
}
