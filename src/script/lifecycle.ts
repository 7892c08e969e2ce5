/** What scripts are told of: `init`, `done`, what happens to nodes, and every line of output. */
import type { CrashRecord } from "../core/crash.ts";
import type { LastExit, NodeStatus } from "../core/status.ts";
import { RUNTIME } from "../os/runtime.ts";
import type { OutputHook, Stream } from "../output/pipeline.ts";

/** The arguments of each event's handlers. */
export interface Events {
  /** All scripts are loaded; in a Supervisor, the Stem is there. */
  init: [];
  /** The process is about to end in order. */
  done: [];
  /** The Supervisor is about to be replaced; its nodes go on, and what scripts started themselves does, too. */
  reload: [];
  /** After every start of a node; pid 0 if it failed (Zeek's `Supervisor::node_status`). */
  nodeStatus: [node: string, pid: number, status: NodeStatus];
  /** After every end of a node's process. */
  nodeExit: [node: string, exit: LastExit, status: NodeStatus];
  /** The record of a crash was made: once what the process had printed is there, a moment after its end. */
  crash: [record: CrashRecord];
}

type Handler<Name extends keyof Events> = (...args: Events[Name]) => unknown;
type Handlers = { [Name in keyof Events]: Handler<Name>[] };

const handlers: Handlers = {
  init: [],
  done: [],
  reload: [],
  nodeStatus: [],
  nodeExit: [],
  crash: [],
};
const hooks: Record<Stream, OutputHook[]> = { stdout: [], stderr: [] };
let onError: (error: unknown, where: string) => void = (error, where) => {
  console.error(`error: ${where}: ${describe(error)}`);
};

/** Has `handler` called whenever `name` happens; a promise that it returns is waited for. */
export function on<Name extends keyof Events>(name: Name, handler: Handler<Name>): void {
  if (!Object.hasOwn(handlers, name)) {
    throw new TypeError(
      `no event is called '${name}': there are ${Object.keys(handlers).join(", ")}`,
    );
  }
  handlers[name].push(handler);
}

/**
 * Has `handler` called for each line of a node's stream, before it is printed; it keeps the line
 * from being printed by returning `false` (Zeek's `break`). Node "" is the Stem.
 */
export function hook(stream: Stream, handler: OutputHook): void {
  if (!Object.hasOwn(hooks, stream)) {
    throw new TypeError(`no stream is called '${stream}': there are stdout, stderr`);
  }
  hooks[stream].push(handler);
}

export function hooksOf(stream: Stream): readonly OutputHook[] {
  return hooks[stream];
}

/** Sets what becomes of an error in a handler. */
export function onHandlerError(report: (error: unknown, where: string) => void): void {
  onError = report;
}

/** Reports an error in something that a script has set up. */
export function reportError(error: unknown, where: string): void {
  onError(error, where);
}

/** Calls every handler, in order, and resolves when all are done. Never rejects. */
export async function raise<Name extends keyof Events>(
  name: Name,
  ...args: Events[Name]
): Promise<void> {
  const results = handlers[name].map(async (handler) => {
    try {
      await handler(...args);
    } catch (error) {
      onError(error, `a handler of '${name}' failed`);
    }
  });
  await Promise.all(results);
}

/** An error as people want to read it: with its stack, as far as that is their own code, if any of it is. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack = error.message } = error;
  const lines = stack.split("\n").filter((line) => !isOurFrame(line));
  return lines.some((line) => FRAME.test(line)) ? lines.join("\n") : stack;
}

function isOurFrame(line: string): boolean {
  return FRAME.test(line) && OURS.some((part) => line.includes(part));
}

/** This runtime, the installed one that has started it, and Node.js. */
const OURS = [`${RUNTIME}/`, ...installed(process.argv[1]), "(<anonymous>)", "node:"];

function installed(main = ""): string[] {
  const [, directory] = /^(.*\/)cli\/main\.[jt]s$/.exec(main) ?? [];
  return directory === undefined ? [] : [directory];
}

const FRAME = /^\s+at /;
