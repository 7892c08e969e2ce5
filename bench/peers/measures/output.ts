/** How much of what programs print gets into files, from one and from many at once. */
import fs from "node:fs";
import path from "node:path";
import { pause, until } from "../../until.ts";
import { activity, since } from "../consumption.ts";
import { kill } from "../family.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { cat } from "../peers/cat.ts";
import { coppice, coppiceWithFiles } from "../peers/coppice.ts";
import { pm2 } from "../peers/pm2.ts";
import { runit } from "../peers/runit.ts";
import { s6 } from "../peers/s6.ts";
import { supervisord } from "../peers/supervisord.ts";
import { type Figure, Samples } from "../record.ts";
import { programs, Site, startAll } from "../site.ts";

const SIZES = [1, 50];
const ROUNDS = 5;
const WARM_MS = 300;
const WINDOW_MS = 1_500;
const LINE = "x".repeat(89);
/** With its newline. */
const LINE_BYTES = LINE.length + 1;
/** It stands still until it is told to go on. */
const FLOOD = `kill -STOP $$; exec yes ${LINE}`;
const DRAIN_MS = 60_000;

/** Those without loggers let programs write to where they themselves would, and pass on nothing. */
export const output: PeerMeasure = {
  name: "output",
  peers: [coppice, coppiceWithFiles, supervisord, s6, runit, pm2, cat],
  run,
};

async function run({ peers, rounds = ROUNDS }: Context) {
  const figures: Figure[] = [];
  for (const size of SIZES) figures.push(...(await throughput(size, peers, rounds)));
  return figures;
}

async function throughput(size: number, peers: Context["peers"], rounds: number) {
  const rates = new Samples();
  const costs = new Samples();
  const sites = await startAll(peers.map((peer) => new Site(peer, programs(size, FLOOD))));
  for (let round = 0; round < rounds; round++) {
    progress(`${size} at once, round ${round + 1} of ${rounds}`);
    for (const site of sites) {
      const { bytes, seconds, cpu } = await flood(site);
      // What is put before each line is not the programs' own.
      const own = (bytes * LINE_BYTES) / (LINE_BYTES + site.prefix("node-0")) / 1e6;
      rates.add(site.peer.name, own / seconds);
      costs.add(site.peer.name, cpu / own);
    }
  }
  for (const site of sites) await site.kill();
  const who = size === 1 ? "one program" : `${size} programs at once`;
  return [
    rates.figure(
      `output-${size}`,
      `output of ${who} into files, lines of 90 bytes`,
      "MB/s",
      "more",
    ),
    costs.figure(`output-cpu-${size}`, `… CPU time of those that pass it on`, "ms/MB", "less"),
  ];
}

async function flood(site: Site): Promise<{ bytes: number; seconds: number; cpu: number }> {
  const files = path.dirname(site.output("node-0"));
  const folder = path.basename(files) === "node-0" ? path.dirname(files) : files;
  const pids = await site.supervisingPids();
  for (const pid of site.programPids()) kill(pid, "SIGCONT");
  await pause(WARM_MS);
  const before = activity(pids);
  const size = sizeOf(folder);
  const begun = performance.now();
  await pause(WINDOW_MS);
  const bytes = sizeOf(folder) - size;
  const seconds = (performance.now() - begun) / 1000;
  const { cpu } = since(before);
  for (const pid of site.programPids()) kill(pid, "SIGSTOP");
  await drained(folder);
  empty(folder);
  return { bytes, seconds, cpu };
}

/** Bytes in all files of a folder. */
function sizeOf(folder: string): number {
  return filesIn(folder).reduce((sum, file) => sum + (sizeOfFile(file) ?? 0), 0);
}

async function drained(folder: string): Promise<void> {
  let last = -1;
  let since = performance.now();
  const isSteady = () => {
    const size = sizeOf(folder);
    if (size !== last) since = performance.now();
    last = size;
    return performance.now() - since > 300;
  };
  await until("the last of the output", isSteady, DRAIN_MS);
}

/** All of them append: they go on where the file is empty. */
function empty(folder: string): void {
  for (const file of filesIn(folder)) {
    const name = path.basename(file);
    if (name === "current" || name.endsWith(".log")) fs.truncateSync(file, 0);
    // What was moved on since it was full: s6-log's and supervisord's.
    else if (/^@|\.log\.\d+$/.test(name)) fs.rmSync(file, { force: true });
  }
}

function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name));
}

function sizeOfFile(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
