/** From a program's write of one line to that line in the file. */
import fs from "node:fs";
import { pause, until } from "../../until.ts";
import { kill } from "../family.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { Samples } from "../record.ts";
import { programs, Site, startAll } from "../site.ts";
import { output } from "./output.ts";

const ROUNDS = 4;
const LINES = 25;
const EVERY_MS = 20;
const LIMIT_MS = 10_000;

/** Each time it is told to go on it prints some lines, each with the time of its writing. */
const WRITER = `const fs = require("node:fs");
let left = ${LINES};
setInterval(() => {
  if (left-- > 0) fs.writeSync(1, "written " + process.hrtime.bigint() + "\\n");
  else { left = ${LINES}; process.kill(process.pid, "SIGSTOP"); }
}, ${EVERY_MS});`;

export const delay: PeerMeasure = { name: "delay", peers: output.peers, run };

async function run({ peers, rounds = ROUNDS }: Context) {
  const samples = new Samples();
  const words = `kill -STOP $$; exec '${process.execPath}' -e '${WRITER.replaceAll("\n", " ")}'`;
  const sites = await startAll(peers.map((peer) => new Site(peer, programs(1, words))));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const site of sites) {
      for (const delay of await delaysOf(site)) samples.add(site.peer.name, delay);
    }
  }
  for (const site of sites) await site.kill();
  return [samples.figure("delay", "from a line's write to the line in the file", "ms", "less")];
}

async function delaysOf(site: Site): Promise<number[]> {
  const path = site.output("node-0");
  const position = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  for (const pid of site.programPids()) kill(pid, "SIGCONT");
  // Some make the file with the first line that they have for it.
  await until("the file", () => fs.existsSync(path), LIMIT_MS);
  const file = fs.openSync(path, "r");
  try {
    const delays = watch(file, position);
    await pause(2 * EVERY_MS);
    return delays;
  } finally {
    fs.closeSync(file);
  }
}

/** Looks at the file all the time: whatever would tell of its growth would come late by itself. */
function watch(file: number, position: number): number[] {
  const delays: number[] = [];
  const buffer = Buffer.alloc(64 * 1024);
  const end = performance.now() + LIMIT_MS;
  let at = position;
  let rest = "";
  while (delays.length < LINES) {
    const count = fs.readSync(file, buffer, 0, buffer.length, at);
    if (count === 0) {
      if (performance.now() > end) throw new Error(`waited ${LIMIT_MS} ms in vain for lines`);
      continue;
    }
    const now = process.hrtime.bigint();
    at += count;
    const lines = (rest + buffer.toString("latin1", 0, count)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, written] = /written (\d+)$/.exec(line) ?? [];
      if (written !== undefined) delays.push(Number(now - BigInt(written)) / 1e6);
    }
  }
  return delays;
}
