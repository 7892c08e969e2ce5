/**
 * `npm run soak`: a tree at full output, with control traffic and reloads, for long; and whether its
 * Supervisor and its Stem grow. A line each minute; at the end the slopes.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { openDescriptors, privateMemory } from "../../scripts/fuzz/process.ts";
import { ProcessWatch } from "../chaos/process-watch.ts";
import { RUN_VARIABLE, signal } from "../chaos/processes.ts";
import { ChaosTree } from "../chaos/tree.ts";
import { pause, waitFor } from "../chaos/world.ts";
import { optionsOf, type SoakOptions, USAGE } from "./options.ts";
import { type Point, slopeOf, verdictOf } from "./slope.ts";
import { type TrafficCounts, traffic } from "./traffic.ts";

const LOOK_MS = 500;
const MINUTE_MS = 60_000;
const GROWN_MS = 60_000;
const END_MS = 60_000;
/** Megabytes an hour. */
const LIMIT = 1;
const WHO = ["Supervisor", "Stem"] as const;

type Who = (typeof WHO)[number];

// Clients that nobody waits for any more would go on.
process.exit(await main(process.argv.slice(2)));

/** @returns the exit status */
async function main(args: readonly string[]): Promise<number> {
  let options: SoakOptions;
  try {
    options = optionsOf(args);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  const end = new AbortController();
  let status = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      status = 128 + os.constants.signals[name];
      end.abort();
    });
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "coppice-soak-")));
  fs.copyFileSync(path.join(import.meta.dirname, "tree.mjs"), path.join(directory, "tree.mjs"));
  try {
    const isMet = await soak(options, directory, end.signal);
    return status || (isMet ? 0 : 1);
  } catch (error) {
    say(`FAILED: ${(error as Error).message}`);
    return status || 1;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

async function soak(options: SoakOptions, directory: string, stop: AbortSignal): Promise<boolean> {
  let bytes = 0;
  const complaints: string[] = [];
  const tree = new ChaosTree(
    { directory, options: [], env: { SOAK_NODES: String(options.nodes) } },
    {
      output: (_life, stream, chunk) => {
        bytes += chunk.length;
        if (stream === "stderr") complaints.push(chunk.toString());
      },
      ended: () => {},
    },
  );
  const watch = new ProcessWatch(
    directory,
    (text) => {
      throw new Error(text);
    },
    () => {},
  );
  const life = tree.start(undefined);
  const counts: TrafficCounts = { requests: 0, restarts: 0, failures: [] };
  const over = new AbortController();
  const both = AbortSignal.any([stop, over.signal]);
  const names = Array.from({ length: options.nodes }, (_, i) => `node-${i}`);
  try {
    await grown(tree, options.nodes, stop);
    const clients = traffic(() => tree.connect(), names, counts, both);
    const measured = await measure({ options, tree, watch, counts, stop, bytes: () => bytes });
    over.abort();
    await clients;
    for (const text of new Set(counts.failures.map((one) => one.slice(0, 120))))
      say(`a client was told: ${text}`);
    const crashed = complaints
      .join("")
      .match(/^.*(?:TypeError|uncaught|Unhandled|the Stem caught).*$/gm);
    for (const line of crashed ?? []) say(`FAILED: it said: ${line}`);
    return stop.aborted || (verdicts(measured, options) && crashed === null);
  } finally {
    over.abort();
    signal(life.pid, "SIGTERM");
    await waitFor(() => life.ended !== undefined, END_MS, new AbortController().signal);
    for (const { pid } of watch.look().seen) signal(pid, "SIGKILL");
    if (life.ended?.code !== 0) say(`it ended with ${JSON.stringify(life.ended)}`);
  }
}

async function grown(tree: ChaosTree, nodes: number, stop: AbortSignal): Promise<void> {
  const isThere = async () => {
    if (tree.living === undefined) throw new Error("the tree has ended at once");
    const client = await tree.connect(5_000).catch(() => undefined);
    const known = await client?.status().catch(() => undefined);
    client?.close();
    const running = Object.values(known?.nodes ?? {}).filter((one) => one.pid !== undefined);
    return running.length === nodes;
  };
  if (!(await waitFor(isThere, GROWN_MS, stop))) throw new Error("the tree does not grow");
  say(`${nodes} nodes print all they can; ${RUN_VARIABLE} is ${path.dirname(tree.stateDirectory)}`);
}

interface Measuring {
  options: SoakOptions;
  tree: ChaosTree;
  watch: ProcessWatch;
  counts: TrafficCounts;
  stop: AbortSignal;
  /** Printed so far. */
  bytes(): number;
}

/** Memory in megabytes, minute by minute: its middle, and its floor, which comes nearest to what is in use. */
type Measured = Record<Who, { median: Point[]; floor: Point[] }>;

async function measure(about: Measuring): Promise<Measured> {
  const { options, tree, watch, counts, stop, bytes } = about;
  const measured: Measured = {
    Supervisor: { median: [], floor: [] },
    Stem: { median: [], floor: [] },
  };
  const begun = performance.now();
  let reloads = 0;
  let reloadAt = options.reload * MINUTE_MS;
  for (let minute = 1; minute <= options.minutes && !stop.aborted; minute++) {
    const before = bytes();
    const samples: Record<Who, number[]> = { Supervisor: [], Stem: [] };
    const stem = watch.look().stem?.pid ?? 0;
    while (performance.now() < begun + minute * MINUTE_MS && !stop.aborted) {
      if (tree.living === undefined) throw new Error("the Supervisor has ended");
      samples.Supervisor.push(privateMemory(tree.living.pid) / 1e6);
      samples.Stem.push(privateMemory(stem) / 1e6);
      if (options.reload > 0 && performance.now() - begun >= reloadAt) {
        reloadAt += options.reload * MINUTE_MS;
        await reload(tree);
        reloads++;
      }
      await pause(LOOK_MS, stop);
    }
    if (watch.look().stem?.pid !== stem) throw new Error("the Stem has been replaced");
    const texts = WHO.map((who) => {
      const sorted = samples[who].toSorted((a, b) => a - b);
      const [floor, median] = [at(sorted, 0.05), at(sorted, 0.5)];
      measured[who].floor.push({ at: minute / 60, value: floor });
      measured[who].median.push({ at: minute / 60, value: median });
      const pid = who === "Stem" ? stem : tree.living?.pid;
      return `${who} ${median.toFixed(1)} MB (floor ${floor.toFixed(1)}, most ${at(sorted, 1).toFixed(1)}; ${openDescriptors(pid ?? 0)} descriptors)`;
    });
    const rate = ((bytes() - before) / 1e6 / 60).toFixed(0);
    say(
      `minute ${minute}: ${texts.join(", ")}; ${rate} MB/s, ${reloads} reloads, ${counts.requests} requests, ${counts.restarts} restarts`,
    );
  }
  return measured;
}

async function reload(tree: ChaosTree): Promise<void> {
  const client = await tree.connect();
  try {
    const { error } = await client.reload();
    if (error !== undefined) throw new Error(error);
  } finally {
    client.close();
  }
}

/** @returns whether nothing is certain to grow by more than it may */
function verdicts(measured: Measured, { warmUp, minutes }: SoakOptions): boolean {
  let isMissed = false;
  say(`after ${warmUp} minutes of warming up, over ${minutes - warmUp} minutes:`);
  for (const who of WHO)
    for (const what of ["floor", "median"] as const) {
      const points = measured[who][what].filter(({ at: hours }) => hours * 60 > warmUp);
      const slope = slopeOf(points);
      const verdict = verdictOf(slope, LIMIT);
      isMissed ||= verdict === "missed";
      say(
        `${who}, ${what} of each minute: ${slope.slope.toFixed(2)} ± ${slope.error.toFixed(2)} MB an hour; under ${LIMIT} MB: ${verdict}`,
      );
    }
  return !isMissed;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
