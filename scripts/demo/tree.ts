/** The demo's tree: started as a user would start it, and looked at from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { groupsWithVariable, isRunning, type ProcessStat } from "../../src/os/process-table.ts";
import { type Curtain, FactMissing } from "./facts.ts";
import { childrenOf, commandOf, nodeNameOf } from "./processes.ts";

const REPOSITORY = path.join(import.meta.dirname, "..", "..");
/** Longer than any orderly end of this tree takes; after it, what is left is killed. */
const END_MS = 20_000;
const LOOK_MS = 20;

/** The tree at one moment, all of it there. */
export interface Grown {
  stem: ProcessStat;
  nodes: Map<string, ProcessStat>;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class DemoTree {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #curtain: Curtain;
  /** Every process of the tree that was ever seen, so that none is forgotten. */
  readonly #seen = new Map<number, ProcessStat>();
  readonly #closed: Promise<void>;
  #ended: Ended | undefined;
  /** What was printed since the last cut. */
  #lines: string[] = [];

  /** Starts `bin/coppice -j` with a private state directory. @param print takes each line of it */
  constructor(args: readonly string[], curtain: Curtain, print: (line: string) => void) {
    this.#curtain = curtain;
    this.#directory = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-demo-"));
    const all = ["-j", "--state-dir", path.join(this.#directory, "state"), ...args];
    print(`$ bin/coppice ${all.join(" ")}`);
    this.#child = spawn(path.join(REPOSITORY, "bin", "coppice"), all, {
      cwd: REPOSITORY,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#closed = new Promise((closed) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#ended ??= { code, signal };
        closed();
      };
      this.#child.once("close", ended);
      this.#child.once("error", () => ended(null, null));
    });
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input === null) continue;
      readline.createInterface({ input }).on("line", (line) => {
        this.#lines.push(line);
        print(line);
      });
    }
  }

  /** The Supervisor's. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for lines that match, printed since the last cut; resolves with the first of them. */
  line(what: string, pattern: RegExp, count = 1): Promise<RegExpExecArray> {
    return this.#until(`${count === 1 ? "a line" : `${count} lines`} about ${what}`, () => {
      const matches = this.#lines.map((line) => pattern.exec(line)).filter((one) => one !== null);
      return matches.length >= count ? matches[0] : undefined;
    });
  }

  /** Waits until a Stem has a process for each of these nodes, none of them among `but`. */
  grown(names: readonly string[], but: readonly ProcessStat[] = []): Promise<Grown> {
    const isOld = new Set(but.map(({ pid }) => pid));
    return this.#until(`Stem and nodes ${names.join(", ")}`, () => {
      const stem = childrenOf(this.pid).find(({ pid }) => commandOf(pid) === "coppice: stem");
      if (stem === undefined || isOld.has(stem.pid)) return undefined;
      const children = childrenOf(stem.pid).filter(({ pid }) => !isOld.has(pid));
      const nodes = new Map(children.map((node) => [nodeNameOf(node.pid), node]));
      if (!names.every((name) => nodes.has(name))) return undefined;
      for (const one of [stem, ...nodes.values()]) this.#seen.set(one.pid, one);
      return { stem, nodes };
    });
  }

  /** Cuts a process of the tree: what is printed from here on is what comes of it. */
  cut({ pid }: ProcessStat): void {
    this.#lines = [];
    process.kill(pid, "SIGKILL");
  }

  /** Tells the Supervisor to end the tree, and waits until it has. */
  async end(): Promise<Ended> {
    this.#child.kill("SIGTERM");
    return this.#curtain.until("the end of the tree", () => this.#ended, END_MS);
  }

  /** What of the tree still runs. */
  left(): number[] {
    const nodes = (groupsWithVariable("COPPICE_NODE", `${this.#directory}/`) ?? []).map(
      ({ group }) => group,
    );
    const seen = [...this.#seen.values()].filter((one) => isRunning(one.pid, one.startTime));
    return [...new Set([...nodes, ...seen.map(({ pid }) => pid)])];
  }

  /** Whatever happened: ends the tree in order if it still runs, and leaves nothing behind. */
  async remove(): Promise<void> {
    if (this.#ended === undefined) this.#child.kill("SIGTERM");
    const killing = setTimeout(() => {
      for (const pid of this.left()) kill(pid);
      this.#child.kill("SIGKILL");
    }, END_MS);
    await this.#closed;
    clearTimeout(killing);
    // A Stem whose Supervisor was killed ends its nodes in order, and clears up after them.
    const end = performance.now() + END_MS;
    while (this.left().length > 0 && performance.now() < end) {
      await new Promise((look) => setTimeout(look, LOOK_MS));
    }
    for (const pid of this.left()) kill(pid);
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  #until<Fact>(what: string, fact: () => Fact | undefined): Promise<Fact> {
    return this.#curtain.until(what, () => {
      const value = fact();
      if (value !== undefined || this.#ended === undefined) return value;
      const { code, signal } = this.#ended;
      throw new FactMissing(`the Supervisor ended with ${signal ?? `status ${code}`}`);
    });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just gone by itself.
  }
}
