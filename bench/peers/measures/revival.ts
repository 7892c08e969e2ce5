/** From the SIGKILL of a program that had been up for long to the words of its successor. */
import { spawnBare } from "../../bare.ts";
import { temporaryDirectory } from "../../tree.ts";
import { pause } from "../../until.ts";
import { Births } from "../births.ts";
import { kill } from "../family.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { all } from "../peers/all.ts";
import { Samples } from "../record.ts";
import { programs, Site, SLEEP, startAll } from "../site.ts";

/** Each is killed once. */
const PROGRAMS = 20;
/** Longer than any peer's shortest life. */
export const UP_MS = 2_500;
const LIMIT_MS = 30_000;

export const revival: PeerMeasure = { name: "revival", peers: all, run };

async function run({ peers, rounds = PROGRAMS }: Context) {
  const samples = new Samples();
  const sites = await startAll(peers.map((peer) => new Site(peer, programs(rounds))));
  await pause(UP_MS);
  const births = new Births(temporaryDirectory());
  progress(`${rounds} kills each`);
  for (let round = 0; round < rounds; round++) {
    samples.add("bare spawn", await bareSpawn(births, `bare-${round}`));
    for (const site of sites) {
      const took = await revivalOf(site, `node-${round}`, LIMIT_MS);
      samples.add(site.peer.name, took, LIMIT_MS);
    }
  }
  births.close();
  for (const site of sites) await site.stop();
  const what = "a killed program's successor runs";
  return [samples.figure("revival", what, "ms", "less")];
}

/** Kills a program. @returns after how many milliseconds its successor ran */
export async function revivalOf(
  site: Site,
  name: string,
  limit: number,
): Promise<number | undefined> {
  const pid = site.births.last.get(name)?.pid;
  if (pid === undefined) throw new Error(`${site.peer.name} has not started '${name}'`);
  const born = site.births.after(name, pid, limit);
  const killed = performance.now();
  kill(pid, "SIGKILL");
  const birth = await born;
  return birth === undefined ? undefined : birth.at - killed;
}

async function bareSpawn(births: Births, name: string): Promise<number | undefined> {
  const command = births.command(name, SLEEP);
  const born = births.after(name, 0, LIMIT_MS);
  const begun = performance.now();
  const child = spawnBare(command);
  const birth = await born;
  await child.kill();
  return birth === undefined ? undefined : birth.at - begun;
}
