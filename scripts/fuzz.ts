/**
 * Hammers a running tree from outside, at each of its listeners: with mutated messages, handshakes
 * and noise, with connections that come to nothing, never read or never end. The tree has to live,
 * hold no more than it should, and its nodes must not notice. What is sent depends on the seed alone.
 */
import { Worker } from "node:worker_threads";
import { Dice } from "../test/simulation/dice.ts";
import { Curtain, FactMissing, Interrupted } from "./demo/facts.ts";
import type { Order, Report } from "./fuzz/driver.ts";
import { Line } from "./fuzz/line.ts";
import { endingAsPeer } from "./fuzz/native.ts";
import { type FuzzOptions, type ListenerName, optionsOf, USAGE } from "./fuzz/options.ts";
import { openDescriptors, privateMemory } from "./fuzz/process.ts";
import { megabytes, table } from "./fuzz/table.ts";
import { FuzzTree } from "./fuzz/tree.ts";
import { isExpected, Watch } from "./fuzz/watch.ts";
import { endingOverWebSocket } from "./fuzz/websocket.ts";

/** How long the tree may rest before it is looked at for what it still holds (ms). */
const REST_MS = 1_000;
/** What may be said when it is told to stop. */
const STOPPED = /^info: stop, ordered by |\[ticker\] received termination signal$/;

interface Result extends Report {
  listener: ListenerName;
  seconds: number;
  /** Milliseconds. */
  latency: number;
  /** Bytes. */
  memory: number;
}

const curtain = new Curtain();
const undo: (() => unknown)[] = [];
process.exitCode = await main();

/** @returns the exit status */
async function main(): Promise<number> {
  let options: FuzzOptions;
  try {
    options = optionsOf(process.argv.slice(2));
  } catch (error) {
    curtain.close();
    process.stderr.write(`${String(error)}\n${USAGE}\n`);
    return 2;
  }
  say(`seed ${options.seed}, ${options.frames} frames at each of ${options.listeners.join(", ")}`);
  try {
    const problems = await fuzz(options);
    for (const problem of problems) say(`FAILED: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitStatus;
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const step of undo.reverse()) await step();
    curtain.close();
  }
}

/** @returns what was not as it should be */
async function fuzz(options: FuzzOptions): Promise<string[]> {
  const tree = await FuzzTree.grow(curtain);
  undo.push(() => tree.remove());
  await tree.grown();
  const watch = await Watch.begin(tree);
  undo.push(() => watch.end());
  const before = { memory: privateMemory(tree.pid), descriptors: openDescriptors(tree.pid) };
  const results: Result[] = [];
  for (const listener of options.listeners) {
    results.push(await hammer(tree, watch, listener, options));
    if (watch.problems.length > 0) break;
  }
  const problems: string[] = [];
  if (watch.problems.length === 0) problems.push(...(await rest(tree, before.descriptors)));
  const memory = [
    before.memory,
    Math.max(...results.map((one) => one.memory)),
    privateMemory(tree.pid),
  ];
  await watch.end();
  if (watch.problems.length === 0) problems.push(...(await endTree(tree, options)));
  for (const line of summary(results)) say(line);
  const [least = "", most = "", last = ""] = memory.map(megabytes);
  say(`private memory of the Supervisor: ${least} before, ${most} at most, ${last} after`);
  say(`${watch.looks} looks at status, processes and memory; ${watch.lines} numbered lines came`);
  return [...watch.problems, ...problems];
}

async function hammer(
  tree: FuzzTree,
  watch: Watch,
  listener: ListenerName,
  { frames, seed, scenario }: FuzzOptions,
): Promise<Result> {
  watch.mark();
  say(`fuzzing ${listener} of PID ${tree.pid}`);
  const begun = performance.now();
  const order: Order = {
    listener,
    ...tree.targetsOf(listener),
    frames,
    seed,
    ...(scenario === undefined ? {} : { scenario }),
  };
  const worker = new Worker(new URL("./fuzz/driver.ts", import.meta.url), { workerData: order });
  const stop = () => worker.terminate();
  undo.push(stop);
  let report: Report = { frames: 0, connections: 0, withheld: 0, scenario: 0 };
  worker.on("message", (latest: Report) => {
    report = latest;
    if (latest.problem !== undefined) watch.problems.push(latest.problem);
  });
  worker.on("error", (error) => watch.problems.push(`the driver: ${error.stack ?? error.message}`));
  await curtain.until(
    "frames to be sent",
    () => report.isOver === true || watch.problems.length > 0 || !tree.isRunning,
    Number.POSITIVE_INFINITY,
  );
  if (!tree.isRunning) watch.problems.push("the Supervisor has ended");
  await worker.terminate();
  undo.splice(undo.indexOf(stop), 1);
  const seconds = (performance.now() - begun) / 1000;
  const where = `seed ${seed}, listener ${listener}, frame ${report.frames}, scenarios up to ${report.scenario}`;
  for (const [i, problem] of watch.problems.entries()) watch.problems[i] = `${where}: ${problem}`;
  const { latency, memory } = watch;
  return { ...report, listener, seconds, latency, memory };
}

/** Waits until all is as it was. @returns what is not */
async function rest(tree: FuzzTree, descriptors: number): Promise<string[]> {
  const isGivenBack = () => openDescriptors(tree.pid) <= descriptors;
  try {
    await tree.until("descriptors to be given back", isGivenBack);
  } catch (error) {
    if (!(error instanceof FactMissing)) throw error;
    return [
      `${openDescriptors(tree.pid)} descriptors are open, ${descriptors} were: ${error.message}`,
    ];
  }
  await new Promise((rested) => setTimeout(rested, REST_MS));
  return [];
}

/** Has the tree end over one of the listeners that were fuzzed. @returns what goes wrong */
async function endTree(tree: FuzzTree, { listeners }: FuzzOptions): Promise<string[]> {
  const last = listeners.at(-1) ?? "unix";
  const line = new Line(tree.targetsOf(last).target);
  const dice = new Dice(0);
  await line.write(last.startsWith("native") ? endingAsPeer(dice) : endingOverWebSocket(dice));
  const how = await tree.ended();
  const said = tree.complaints.filter((one) => !isExpected(one) && !STOPPED.test(one));
  const problems = said.map((one) => `at its end it said: ${one}`);
  if (how !== "status 0") problems.push(`the tree ended with ${how}`);
  if (tree.left().length > 0) problems.push(`nodes are left running: ${tree.left().join(", ")}`);
  return problems;
}

function summary(results: readonly Result[]): string[] {
  const head = [
    "listener",
    "frames",
    "connections",
    "withheld",
    "seconds",
    "frames/s",
    "status at worst",
    "memory at most",
  ];
  const rows = results.map((one) => [
    one.listener,
    `${one.frames}`,
    `${one.connections}`,
    `${one.withheld}`,
    one.seconds.toFixed(1),
    `${Math.round(one.frames / one.seconds)}`,
    `${Math.round(one.latency)} ms`,
    megabytes(one.memory),
  ]);
  return table([head, ...rows]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
