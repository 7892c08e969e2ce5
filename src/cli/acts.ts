/** What is done to several nodes at once: all of it is tried, and each is told when it is done. */
import { CoppiceError } from "../errors.ts";
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";
import { jsonLine, printable } from "./printable.ts";
import { sayError } from "./say.ts";

export interface Task {
  node: string;
  act(): Promise<Outcome>;
}

/** How it went; the text is for people. */
export type Outcome = { done: true; text: string; pid?: number | undefined } | Failure;
export interface Failure {
  done: false;
  error: string;
  exitStatus?: number;
}

/** @returns the exit status: 0 if all was done */
export async function runAll(
  line: Line,
  context: Context,
  tasks: readonly Task[],
): Promise<number> {
  const timeout = line.seconds("timeout");
  const isJson = line.flag("json");
  const outcomes = await Promise.all(
    tasks.map(async (task) => {
      const outcome = await within(context, timeout, task);
      if (!outcome.done) sayError(context, outcome.error);
      else if (!isJson) context.stdout.write(`${printable(outcome.text)}\n`);
      return [task.node, outcome] as const;
    }),
  );
  if (isJson) context.stdout.write(jsonLine({ nodes: Object.fromEntries(outcomes.map(inJson)) }));
  const failures = outcomes.flatMap(([, outcome]) => (outcome.done ? [] : [outcome]));
  if (failures.length < tasks.length) return failures.length === 0 ? 0 : 1;
  return failures[0]?.exitStatus ?? (tasks.length === 0 ? 0 : 1);
}

async function within(
  context: Context,
  timeout: number | undefined,
  { node, act }: Task,
): Promise<Outcome> {
  const outcome = act().catch((error: unknown): Failure => {
    if (!(error instanceof CoppiceError)) throw error;
    return { done: false, error: error.message, exitStatus: error.exitStatus };
  });
  if (timeout === undefined) return outcome;
  const stop = new AbortController();
  const late = context.sleep(timeout, stop.signal).then((): Failure => {
    const error = `node '${node}': not done after ${timeout / 1000} s; the Supervisor goes on with it`;
    return { done: false, error };
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    stop.abort();
  }
}

function inJson([node, outcome]: readonly [string, Outcome]): [string, object] {
  const { done } = outcome;
  return [node, done ? { done, pid: outcome.pid } : { done, error: outcome.error }];
}
