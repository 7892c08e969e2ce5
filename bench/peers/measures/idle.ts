/** What supervising processes cost while nothing happens: memory, wake-ups, CPU time. */
import { pause } from "../../until.ts";
import { activity, memoryOfAll, since } from "../consumption.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { variants } from "../peers/all.ts";
import { bare } from "../peers/bare.ts";
import { type Figure, Samples } from "../record.ts";
import { programs, Site } from "../site.ts";

const SIZES = [10, 100, 1_000];
/** What starting left to do is over by then: garbage, which V8 looks for more than once, and looks at new programs. */
const SETTLE_MS = 20_000;
/** It is not the start that is measured: whoever is slow has time. */
const START_MS = 300_000;
const WINDOW_MS = 3_000;
const WINDOWS = 3;

export const idle: PeerMeasure = { name: "idle", peers: [...variants, bare], run };

async function run({ peers, rounds = 1, sizes = SIZES }: Context) {
  const figures: Figure[] = [];
  for (const size of sizes) {
    figures.push(...(await measureAt(size, peers, rounds)));
  }
  return figures;
}

async function measureAt(size: number, peers: Context["peers"], rounds: number) {
  const samples = {
    own: new Samples(),
    pss: new Samples(),
    wakeUps: new Samples(),
    cpu: new Samples(),
    processes: new Samples(),
  };
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      if (samples.own.isOver(peer.name)) continue;
      progress(`${size} programs, ${peer.name}`);
      // One at a time: what several share would be divided among them.
      const site = new Site(peer, programs(size));
      const started = await site.start(START_MS);
      if (started === undefined) {
        for (const each of Object.values(samples)) each.add(peer.name, undefined, START_MS);
        await site.kill();
        continue;
      }
      await pause(SETTLE_MS);
      const pids = await site.supervisingPids();
      samples.processes.add(peer.name, pids.length);
      for (let window = 0; window < WINDOWS; window++) {
        const before = activity(pids);
        const begun = performance.now();
        await pause(WINDOW_MS);
        const seconds = (performance.now() - begun) / 1000;
        const { switches, cpu } = since(before);
        samples.wakeUps.add(peer.name, switches / seconds);
        samples.cpu.add(peer.name, cpu / seconds);
      }
      const { own, pss } = memoryOfAll(pids);
      samples.own.add(peer.name, own / 1000);
      samples.pss.add(peer.name, pss / 1000);
      await site.stop();
    }
  }
  const { own, pss, wakeUps, cpu, processes } = samples;
  const count = size.toLocaleString("en-US");
  return [
    own.figure(`own-${size}`, `private memory, ${count} programs`, "MB", "less"),
    pss.figure(`pss-${size}`, `proportional memory, ${count} programs`, "MB", "less"),
    wakeUps.figure(`wake-ups-${size}`, `wake-ups a second, ${count} programs`, "/s", "less"),
    cpu.figure(`idle-cpu-${size}`, `CPU time a second, ${count} programs`, "ms", "less"),
    processes.figure(`processes-${size}`, `supervising processes, ${count} programs`, "", "less"),
  ];
}
