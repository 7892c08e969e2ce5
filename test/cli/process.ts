/** Real processes of the command line, besides a tree that runs. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { atEnd, COMPILE_CACHE, MAIN, until } from "../fixtures/tree.ts";

/** What runs a verb, for command lines of shells. */
export const COPPICE = [process.execPath, "--disable-warning=ExperimentalWarning", MAIN];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A process whose output is kept. */
export class Command {
  readonly child: ChildProcess;
  #stdout: Buffer[] = [];
  stderr = "";
  #ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  constructor(t: TestContext, file: string, args: readonly string[], options: SpawnOptions) {
    const env = { ...process.env, ...options.env, NODE_COMPILE_CACHE: COMPILE_CACHE };
    this.child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], ...options, env });
    this.child.stdout?.on("data", (bytes: Buffer) => this.#stdout.push(bytes));
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes;
    });
    this.child.stdin?.on("error", () => {});
    this.child.once("close", (code, signal) => {
      this.#ended = { code, signal };
    });
    atEnd(t, () => this.#ended ?? this.child.kill("SIGKILL"));
  }

  get bytes(): Buffer {
    // Whoever waits for something looks again and again.
    if (this.#stdout.length > 1) this.#stdout = [Buffer.concat(this.#stdout)];
    return this.#stdout[0] ?? Buffer.alloc(0);
  }

  get stdout(): string {
    return this.bytes.toString();
  }

  /** Waits until stdout matches, and returns the match. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    return until(
      `${pattern}`,
      () => pattern.exec(this.stdout) ?? undefined,
      () => this.#report(),
    );
  }

  /** Waits until it has ended by itself. */
  async end(): Promise<Ended> {
    const ended = await until(
      "the command to end",
      () => this.#ended,
      () => this.#report(),
    );
    return { ...ended, stdout: this.stdout, stderr: this.stderr };
  }

  #report(): string {
    return `--- stdout\n${this.stdout.slice(-4000)}\n--- stderr\n${this.stderr.slice(-4000)}`;
  }
}

/** Starts `coppice` with these arguments. */
export function start(
  t: TestContext,
  directory: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Command {
  const [node = "", ...rest] = COPPICE;
  return new Command(t, node, [...rest, ...args], { cwd: directory, ...options });
}

/** Runs `coppice` with these arguments, words apart, to its end. */
export async function coppice(
  t: TestContext,
  directory: string,
  text: string,
  stdin = "",
): Promise<Ended> {
  const command = start(t, directory, text.split(" ").filter(Boolean));
  command.child.stdin?.end(stdin);
  return command.end();
}

/** Runs a script of a shell to its end; `$coppice` is the command. */
export async function shell(
  t: TestContext,
  directory: string,
  script: string,
  name = "sh",
): Promise<Ended> {
  const words = COPPICE.map((word) => `'${word}'`).join(" ");
  const command = new Command(t, name, ["-c", `coppice() { ${words} "$@"; }\n${script}`], {
    cwd: directory,
  });
  command.child.stdin?.end();
  return command.end();
}
