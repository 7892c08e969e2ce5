/** Asking for the state of one program of a hundred: over a connection, and by the command for it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pause } from "../../until.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { all } from "../peers/all.ts";
import { Samples } from "../record.ts";
import { programs, Site, startAll } from "../site.ts";

const PROGRAMS = 100;
const ROUNDS = 4;
const ROUND_MS = 2_000;
const SETTLE_MS = 1_500;

export const control: PeerMeasure = { name: "control", peers: all, run };

async function run({ peers, rounds = ROUNDS }: Context) {
  const rates = new Samples();
  const commands = new Samples();
  const sites = await startAll(peers.map((peer) => new Site(peer, programs(PROGRAMS))));
  await pause(SETTLE_MS);
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const site of sites) {
      const { running, peer } = site;
      const rate = await running.requests?.("node-0", ROUND_MS);
      if (rate !== undefined) rates.add(peer.name, rate);
      commands.add(peer.name, await timeOf(running.statusCommand("node-0"), site));
    }
  }
  for (const site of sites) await site.stop();
  return [
    rates.figure(
      "requests",
      `state of one program of ${PROGRAMS}, over a connection`,
      "/s",
      "more",
    ),
    commands.figure("status-command", "… by the command for it", "ms", "less"),
  ];
}

async function timeOf([file = "", ...args]: readonly string[], site: Site): Promise<number> {
  const begun = performance.now();
  // A status that says "not yet" is one too.
  await promisify(execFile)(file, args, { cwd: site.directory, env: site.env }).catch(() => {});
  return performance.now() - begun;
}
