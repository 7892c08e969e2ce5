/** A tree to measure: run from what is built, in a directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { childrenOf } from "./processes.ts";
import { undoLater } from "./undo.ts";
import { until } from "./until.ts";

const MAIN = path.join(import.meta.dirname, "..", "dist", "cli", "main.js");
/** A tree that has not ended by then does not end. */
const PATIENCE_MS = 40_000;
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning"];

export interface PlantOptions {
  directory: string;
  /** The script's name; its ending says what it is. */
  script?: string;
  /** Where the Supervisor's stdout goes, if anywhere. */
  stdout?: number;
}

export interface BenchTree {
  supervisor: number;
  stem: number;
  /** Tells the Supervisor to end. @returns after how many milliseconds it had */
  end(): Promise<number>;
}

/** Starts a tree; resolves once its script has called `grown()`, which it finds as a global. */
export async function plant(source: string, options: PlantOptions): Promise<BenchTree> {
  const { directory, script = "tree.js", stdout } = options;
  const text = `import { on, supervisor } from "coppice";\n${source}`;
  fs.writeFileSync(path.join(directory, "package.json"), '{ "type": "module" }');
  fs.writeFileSync(path.join(directory, script), text);
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, "-j", script], {
    cwd: directory,
    stdio: ["ignore", stdout ?? "ignore", "pipe"],
  });
  const end = endOnce(child);
  const undo = undoLater(end);
  let said = "";
  child.stderr?.on("data", (bytes) => {
    said += bytes;
  });
  await until("a tree", () => {
    if (child.exitCode !== null) throw new Error(`the tree has ended: ${said}`);
    return said.includes("grown\n");
  });
  const supervisor = child.pid ?? 0;
  const [stem] = childrenOf(supervisor);
  if (stem === undefined) throw new Error("there is no Stem");
  return {
    supervisor,
    stem: stem.pid,
    async end() {
      const begun = performance.now();
      const ended = end();
      void undo();
      return (await ended) - begun;
    },
  };
}

/** A private directory that goes with the bench. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-bench-"));
  undoLater(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** @returns what ends the process at the first call, and resolves with the time of its exit */
function endOnce(child: ChildProcess): () => Promise<number> {
  const exited = new Promise<number>((resolve) => {
    child.once("exit", () => resolve(performance.now()));
    child.once("error", () => resolve(performance.now()));
  });
  return () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    return exited.finally(() => clearTimeout(killing));
  };
}
