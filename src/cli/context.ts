/** What a verb needs of the world; tests have another one. */
import os from "node:os";
import tty from "node:tty";
import type { connect } from "../control/client.ts";
import { onResize, takeKeyboard } from "./keyboard.ts";
import { descriptorOutput, type Output } from "./output.ts";

export interface Context {
  connect: typeof connect;
  stdout: Output;
  stderr: Output;
  stdin(): Promise<string>;
  env: Record<string, string | undefined>;
  /** Where the command was started. */
  directory: string;
  /** Who has started it, for the Supervisor's log. */
  user: string;
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after this time, or when told to stop waiting. */
  sleep(milliseconds: number, stop?: AbortSignal): Promise<void>;
  /** Has `act` called when a signal is about to end the process. @returns what ends that */
  beforeSignal(act: () => void): () => void;
  /**
   * Has `pressed` called for what is typed, key by key. @returns what gives the keyboard back;
   * undefined where there is none
   */
  keyboard(pressed: (text: string) => void): (() => void) | undefined;
  /** Has `resized` called when the terminal has another size. @returns what ends that */
  onResize(resized: () => void): () => void;
}

/** The world as it is. */
export function processContext(): Context {
  return {
    // Loaded when it is needed: a verb may become a Supervisor, which lives long and holds little.
    connect: async (...args) => (await import("../control/client.ts")).connect(...args),
    stdout: descriptorOutput(1, tty.isatty(1)),
    stderr: descriptorOutput(2, tty.isatty(2)),
    stdin: readStdin,
    env: process.env,
    directory: process.cwd(),
    user: userName(),
    now: () => Date.now(),
    sleep,
    beforeSignal,
    keyboard: takeKeyboard,
    onResize,
  };
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function sleep(milliseconds: number, stop?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, Math.min(milliseconds, LONGEST_TIMER));
    stop?.addEventListener("abort", end);
    if (stop?.aborted) end();
  });
}

/** The signal then does what it does to any program, so that a shell sees what ended us. */
function beforeSignal(act: () => void): () => void {
  const end = (signal: NodeJS.Signals): void => {
    act();
    stop();
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  return stop;

  function stop(): void {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Node's timers hold at most 2^31 - 1 ms: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;
