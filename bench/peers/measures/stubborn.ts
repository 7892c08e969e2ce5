/** Whether one program that ignores SIGTERM, while it is being stopped, holds up the others. */
import { pause } from "../../until.ts";
import { kill } from "../family.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { all } from "../peers/all.ts";
import { Samples } from "../record.ts";
import { Site, SLEEP, startAll } from "../site.ts";
import { revivalOf, UP_MS } from "./revival.ts";

const ROUNDS = 4;
/** Kills of healthy programs in each round. */
const KILLS = 3;
const LIMIT_MS = 30_000;
/** It says when it was told to end, and goes on. */
const STUBBORN = `trap 'echo "$1-told $$" > "$BIRTHS"' TERM INT; while :; do sleep 0.1; done`;

export const stubborn: PeerMeasure = { name: "stubborn", peers: all, run };

async function run({ peers, rounds = ROUNDS }: Context) {
  const calm = new Samples();
  const held = new Samples();
  const sites = await startAll(peers.map((peer) => new Site(peer, programsFor(rounds))));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    await pause(UP_MS);
    for (const site of sites) {
      const { name } = site.peer;
      const before = await revivalOf(site, `calm-${round}`, LIMIT_MS);
      calm.add(name, before, LIMIT_MS);
      await whileStopping(site, `stubborn-${round}`, async () => {
        for (let i = 0; i < KILLS; i++) {
          const took = await revivalOf(site, `node-${round}-${i}`, LIMIT_MS);
          held.add(name, took, LIMIT_MS);
        }
      });
    }
  }
  for (const site of sites) await site.kill();
  return [
    calm.figure("calm-revival", "revival, nothing else happens", "ms", "less"),
    held.figure("held-revival", "revival, while one that ignores SIGTERM is stopped", "ms", "less"),
  ];
}

function programsFor(rounds: number): Map<string, string> {
  const found = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    found.set(`calm-${round}`, SLEEP);
    for (let i = 0; i < KILLS; i++) found.set(`node-${round}-${i}`, SLEEP);
    found.set(`stubborn-${round}`, STUBBORN);
  }
  return found;
}

async function whileStopping(site: Site, name: string, act: () => Promise<void>): Promise<void> {
  const pid = site.births.last.get(name)?.pid ?? 0;
  const heard = site.births.after(`${name}-told`, 0, LIMIT_MS);
  const stopping = site.running.stopProgram(name);
  if ((await heard) === undefined)
    throw new Error(`${site.peer.name} has not told '${name}' to end`);
  await act();
  kill(pid, "SIGKILL");
  await stopping;
}
