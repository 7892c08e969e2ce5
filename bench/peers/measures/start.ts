/** From the command that starts a peer to the words of its last program; and to the end of all. */
import { pause } from "../../until.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { variants } from "../peers/all.ts";
import { bare } from "../peers/bare.ts";
import { type Figure, Samples } from "../record.ts";
import { LIMIT_MS, programs, Site } from "../site.ts";

const SIZES = [10, 100, 1_000];
/** What starting left to do is over by then, mostly. */
const SETTLE_MS = 1_000;

export const start: PeerMeasure = { name: "start", peers: [...variants, bare], run };

async function run({ peers, rounds, sizes = SIZES }: Context) {
  const figures: Figure[] = [];
  for (const size of sizes) {
    const counted = rounds ?? (size < 1_000 ? 5 : 3);
    figures.push(...(await startAndStop(peers, size, counted)));
  }
  return figures;
}

async function startAndStop(peers: Context["peers"], size: number, rounds: number) {
  const started = new Samples();
  const created = new Samples();
  const stopped = new Samples();
  const sites = peers.map((peer) => new Site(peer, programs(size)));
  for (let round = 0; round < rounds; round++) {
    progress(`${size} programs, round ${round + 1} of ${rounds}`);
    for (const site of sites) {
      const { name } = site.peer;
      if (started.isOver(name) || stopped.isOver(name)) continue;
      const took = await site.start();
      started.add(name, took, LIMIT_MS);
      const creation = site.sinceCreation();
      if (took !== undefined && creation !== undefined) created.add(name, creation);
      if (took === undefined) {
        stopped.note(name, "had not started");
        await site.kill();
      } else {
        await pause(SETTLE_MS);
        stopped.add(name, await site.stop(), LIMIT_MS);
      }
    }
  }
  const count = size.toLocaleString("en-US");
  return [
    started.figure(`start-${size}`, `${count} programs run, from the command on`, "ms", "less"),
    created.figure(`create-${size}`, `… from the first one's creation on`, "ms", "less"),
    stopped.figure(`stop-${size}`, `${count} programs stop, and all that ran them`, "ms", "less"),
  ];
}
