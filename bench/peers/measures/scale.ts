/** Whether what Coppice costs grows in proportion to its nodes, and no faster. */
import { pause } from "../../until.ts";
import { activity, memoryOfAll, since } from "../consumption.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { bare } from "../peers/bare.ts";
import { coppice } from "../peers/coppice.ts";
import { type Figure, Samples } from "../record.ts";
import { LIMIT_MS, programs, Site } from "../site.ts";

const SIZES = [10, 100, 1_000, 5_000];
const ROUNDS = 2;
const START_MS = 300_000;
const SETTLE_MS = 10_000;
const WINDOW_MS = 5_000;

export const scale: PeerMeasure = { name: "scale", peers: [coppice, bare], run };

async function run({ peers, rounds = ROUNDS, sizes = SIZES }: Context) {
  const figures: Figure[] = [];
  for (const size of sizes) {
    const started = new Samples();
    const stopped = new Samples();
    const own = new Samples();
    const wakeUps = new Samples();
    for (let round = 0; round < rounds; round++) {
      progress(`${size} programs, round ${round + 1} of ${rounds}`);
      for (const peer of peers) {
        const site = new Site(peer, programs(size));
        const took = await site.start(START_MS);
        started.add(peer.name, took, START_MS);
        if (took === undefined) {
          await site.kill();
          continue;
        }
        await pause(SETTLE_MS);
        const pids = await site.supervisingPids();
        const before = activity(pids);
        await pause(WINDOW_MS);
        wakeUps.add(peer.name, (since(before).switches * 1000) / WINDOW_MS);
        own.add(peer.name, memoryOfAll(pids).own / 1000);
        stopped.add(peer.name, await site.stop(), LIMIT_MS);
      }
    }
    const count = size.toLocaleString("en-US");
    figures.push(
      started.figure(`scale-start-${size}`, `${count} nodes start`, "ms", "less"),
      stopped.figure(`scale-stop-${size}`, `${count} nodes stop`, "ms", "less"),
      own.figure(`scale-own-${size}`, `private memory, ${count} nodes`, "MB", "less"),
      wakeUps.figure(`scale-wake-ups-${size}`, `wake-ups a second, ${count} nodes`, "/s", "less"),
    );
  }
  return figures;
}
