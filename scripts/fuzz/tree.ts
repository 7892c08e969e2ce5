/** The tree that is fuzzed: started as a user would start it, and looked at from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { groupsWithVariable, isRunning } from "../../src/os/process-table.ts";
import { type Curtain, FactMissing } from "../demo/facts.ts";
import { childrenOf, commandOf } from "../demo/processes.ts";
import type { Target } from "./line.ts";
import { STEADY } from "./names.ts";
import { NumberedLines } from "./numbered-lines.ts";
import type { ListenerName } from "./options.ts";

const REPOSITORY = path.join(import.meta.dirname, "..", "..");
const SCRIPT = path.join(import.meta.dirname, "tree-script.ts");
const CERTIFICATES = path.join(REPOSITORY, "test", "fixtures", "certificates", "web");
/** Longer than any orderly end of this tree takes; after it, what is left is killed. */
const END_MS = 20_000;
const LOOK_MS = 20;

export class FuzzTree {
  /** What it said on stderr, and nobody has taken from here yet. */
  readonly complaints: string[] = [];
  readonly numbers = STEADY.filter((name) => name !== "steady").map(
    (name) => new NumberedLines(name),
  );
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #curtain: Curtain;
  readonly #ports: Map<string, number>;
  #ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  private constructor(
    child: ChildProcess,
    directory: string,
    ports: Map<string, number>,
    curtain: Curtain,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.#ports = ports;
    this.#curtain = curtain;
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      this.#ended ??= { code, signal };
    };
    child.once("close", ended);
    child.once("error", () => ended(null, null));
    this.#read(child.stdout, (line) => {
      const [, name, port] = /listens (\S+) (\d+)$/.exec(line) ?? [];
      if (name !== undefined) ports.set(name, Number(port));
      for (const numbers of this.numbers) numbers.take(line);
    });
    this.#read(child.stderr, (line) => this.complaints.push(line));
  }

  /** Starts `bin/coppice` with a private state directory, and all kinds of listeners. */
  static async grow(curtain: Curtain): Promise<FuzzTree> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "coppice-fuzz-"));
    const [websocket, native] = [await freePort(), await freePort()];
    const args = ["-j", "--state-dir", path.join(directory, "state")];
    const listening = ["--websocket", `${websocket}`, "--listen", `${native}`, "--no-tls"];
    const certificate = {
      cert: path.join(CERTIFICATES, "web.pem"),
      key: path.join(CERTIFICATES, "web.key"),
    };
    const child = spawn(path.join(REPOSITORY, "bin", "coppice"), [...args, ...listening, SCRIPT], {
      cwd: directory,
      env: { ...process.env, FUZZ_CERTIFICATE: JSON.stringify(certificate) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ports = new Map([
      ["websocket", websocket],
      ["native", native],
    ]);
    return new FuzzTree(child, directory, ports, curtain);
  }

  /** The Supervisor's. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The Stems' pids: more than one only while one takes over from another. */
  get stems(): number[] {
    return childrenOf(this.pid)
      .map(({ pid }) => pid)
      .filter((pid) => commandOf(pid) === "coppice: stem");
  }

  get socket(): string {
    return path.join(this.#directory, "state", "control.sock");
  }

  get isRunning(): boolean {
    return this.#ended === undefined && isRunning(this.pid, undefined);
  }

  /** Waits until all listen, and the numbered lines come. */
  async grown(): Promise<void> {
    await this.until("the tree", () => this.#ports.size === 4 && fs.existsSync(this.socket));
    await this.until("numbered lines", () => this.numbers.every(({ count }) => count > 0));
  }

  /** @returns where it listens, with TLS and without */
  targetsOf(listener: ListenerName): { target: Target; bare: Target } {
    if (listener === "unix") {
      const unix: Target = { kind: "unix", path: this.socket };
      return { target: unix, bare: unix };
    }
    const port = this.#ports.get(listener) ?? 0;
    const bare: Target = { kind: "tcp", port };
    switch (listener) {
      case "wss":
        return { target: { kind: "tls", port, anonymous: false }, bare };
      case "native-tls":
        return { target: { kind: "tls", port, anonymous: true }, bare };
      default:
        return { target: bare, bare };
    }
  }

  /** Waits until it has ended by itself. @returns how */
  async ended(): Promise<string> {
    const ended = await this.#curtain.until("the end of the tree", () => this.#ended, END_MS);
    return ended.signal ?? `status ${ended.code}`;
  }

  /** The process groups of nodes that still run. */
  left(): number[] {
    const groups = groupsWithVariable("COPPICE_NODE", `${this.#directory}/`) ?? [];
    return groups.map(({ group }) => group);
  }

  /** Whatever happened: ends the tree in order if it still runs, and leaves nothing behind. */
  async remove(): Promise<void> {
    if (this.#ended === undefined) this.#child.kill("SIGTERM");
    await this.#waitFor(() => this.#ended !== undefined);
    if (this.#ended === undefined) this.#child.kill("SIGKILL");
    // A Stem whose Supervisor was killed ends its nodes in order, and clears up after them.
    await this.#waitFor(() => this.#ended !== undefined && this.left().length === 0);
    for (const pid of this.left()) kill(pid);
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  until<Fact>(what: string, fact: () => Fact | undefined | false): Promise<Fact> {
    return this.#curtain.until(what, () => {
      if (this.#ended === undefined) return fact();
      const { code, signal } = this.#ended;
      const said = this.complaints.slice(-20).join("\n");
      throw new FactMissing(`the Supervisor ended with ${signal ?? `status ${code}`}\n${said}`);
    });
  }

  /** Not to be interrupted: this is what an interruption is followed by. */
  async #waitFor(fact: () => boolean): Promise<void> {
    const end = performance.now() + END_MS;
    while (!fact() && performance.now() < end)
      await new Promise((look) => setTimeout(look, LOOK_MS));
  }

  #read(input: NodeJS.ReadableStream | null, take: (line: string) => void): void {
    if (input !== null) readline.createInterface({ input }).on("line", take);
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just gone by itself.
  }
}
