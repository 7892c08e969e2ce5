/**
 * `npm run chaos`: a tree with nodes of every kind, to which everything is done that may happen to one,
 * and which is looked at all the time. Which trouble comes when, and what it does, follows from the
 * seed. The first thing that is not as it should be ends the run.
 */
import os from "node:os";
import { drawn } from "./checks/lives.ts";
import { Journal } from "./journal.ts";
import { type ChaosOptions, optionsOf, USAGE } from "./options.ts";
import { signal } from "./processes.ts";
import { report } from "./report.ts";
import { Run } from "./run.ts";
import { Stage } from "./stage.ts";
import { TROUBLES } from "./troubles/index.ts";
import { liftAll } from "./troubles/limits.ts";
import { waitFor } from "./world.ts";

/** How long a tree may take to end before what is left of it is killed (ms). */
const END_MS = 20_000;

// Clients that nobody waits for any more would go on.
process.exit(await main(process.argv.slice(2)));

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  const names = TROUBLES.map(({ name }) => name);
  if (args.includes("--list")) {
    process.stdout.write(`${names.join("\n")}\n`);
    return 0;
  }
  let options: ChaosOptions;
  try {
    options = optionsOf(args, names);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  return chaos(options);
}

async function chaos({ minutes, seed, only, keep }: ChaosOptions): Promise<number> {
  const stage = new Stage();
  const journal = new Journal(stage.file("journal"));
  const end = new AbortController();
  let status = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      status = 128 + os.constants.signals[name];
      end.abort();
    });
  const run = new Run(stage, journal, end);
  const wanted = TROUBLES.filter(({ name }) => only.length === 0 || only.includes(name));
  const troubles = wanted.filter((trouble) => {
    const why = trouble.missing?.(run);
    if (why !== undefined) journal.say(`without '${trouble.name}': ${why}`);
    return why === undefined;
  });
  journal.say(`seed ${seed}, ${minutes} minutes, ${run.kinds.length} nodes, in ${stage.directory}`);
  try {
    if (troubles.length === 0) throw new Error("there is no trouble left");
    await run.go(seed, troubles, minutes * 60_000);
  } catch (error) {
    run.faults.add((error as Error).stack ?? String(error));
  }
  run.faults.close();
  const { found } = run.faults;
  const state = drawn(run.processes.look().seen);
  await clear(run);
  if (found.length > 0) {
    const said = [...journal.last(60), "", "processes then:", ...state, ""];
    process.stdout.write(`${said.join("\n")}\n`);
    for (const text of found) journal.say(`FAULT: ${text}`);
    journal.say(`seed ${seed}; what was written is in ${stage.directory}`);
  }
  for (const line of report(run)) journal.say(line);
  journal.close();
  stage.clear(keep || found.length > 0);
  return found.length > 0 ? 1 : status;
}

/** Whatever happened: nothing is left running. */
async function clear(run: Run): Promise<void> {
  liftAll();
  const { living } = run.tree;
  if (living !== undefined) living.isDoomed = true;
  const never = new AbortController().signal;
  const seen = () => run.processes.look().seen;
  for (const { pid } of seen()) signal(pid, "SIGCONT");
  if (living !== undefined) signal(living.pid, "SIGTERM");
  for (const stream of [living?.child.stdout, living?.child.stderr]) stream?.resume();
  await waitFor(() => seen().length === 0, END_MS, never);
  // Parents first would be asked for others: all at once, and again, until none is there.
  await waitFor(
    () => {
      const left = seen();
      for (const { pid } of left) signal(pid, "SIGKILL");
      return left.length === 0;
    },
    END_MS,
    never,
  );
}
