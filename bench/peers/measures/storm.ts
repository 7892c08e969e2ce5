/** A hundred programs that crash at once, and a hundred that crash all the time. */
import fs from "node:fs";
import { pause } from "../../until.ts";
import { activity, since } from "../consumption.ts";
import { kill } from "../family.ts";
import { type Context, type PeerMeasure, progress } from "../measure.ts";
import { all } from "../peers/all.ts";
import { Samples } from "../record.ts";
import { programs, Site, SLEEP, startAll } from "../site.ts";
import { revivalOf, UP_MS } from "./revival.ts";

const CRASHES = 100;
const ROUNDS = 3;
const LIMIT_MS = 60_000;
/** How long crashes go on before they are looked at: whoever throttles does it by then. */
const STORM_MS = 10_000;
/** Healthy programs that are killed meanwhile, one after the other. */
const HEALTHY = 5;
const BETWEEN_MS = 2_000;
/** All can start in peace, and crash from one moment on. */
const CRASHES_LATER = `[ -e "$BIRTHS.go" ] && exit 1; ${SLEEP}`;

export const storm: PeerMeasure = { name: "storm", peers: all, run };

async function run({ peers, rounds = ROUNDS }: Context) {
  return [await atOnce(peers, rounds), ...(await allTheTime(peers))];
}

async function atOnce(peers: Context["peers"], rounds: number) {
  const samples = new Samples();
  const sites = await startAll(peers.map((peer) => new Site(peer, programs(CRASHES))));
  for (let round = 0; round < rounds; round++) {
    progress(`at once, round ${round + 1} of ${rounds}`);
    await pause(UP_MS);
    for (const site of sites) {
      const pids = site.programPids();
      const born = site.births.allAnew(LIMIT_MS);
      const killed = performance.now();
      for (const pid of pids) kill(pid, "SIGKILL");
      const at = await born;
      samples.add(site.peer.name, at === undefined ? undefined : at - killed, LIMIT_MS);
    }
  }
  for (const site of sites) await site.stop();
  return samples.figure(
    "storm",
    `${CRASHES} killed at once: the last one runs again`,
    "ms",
    "less",
  );
}

/** One peer at a time: what crashes all the time leaves the others no quiet. */
async function allTheTime(peers: Context["peers"]) {
  const restarts = new Samples();
  const cpu = new Samples();
  const revivals = new Samples();
  for (const peer of peers) {
    progress(`all the time, ${peer.name}`);
    const healthy = [...Array(HEALTHY).keys()].map((i) => [`healthy-${i}`, SLEEP] as const);
    const site = new Site(peer, new Map([...healthy, ...programs(CRASHES, CRASHES_LATER)]));
    if ((await startAll([site])).length === 0) continue;
    await pause(UP_MS);
    const pids = [...site.births.last].filter(([name]) => name.startsWith("node-"));
    fs.writeFileSync(`${site.births.path}.go`, "");
    for (const [, { pid }] of pids) kill(pid, "SIGKILL");
    await pause(STORM_MS);
    const before = activity(await site.supervisingPids());
    const begun = performance.now();
    const { count } = site.births;
    for (const [name] of healthy) {
      await pause(BETWEEN_MS);
      revivals.add(peer.name, await revivalOf(site, name, LIMIT_MS), LIMIT_MS);
    }
    const seconds = (performance.now() - begun) / 1000;
    const rate = (site.births.count - count - HEALTHY) / seconds;
    restarts.add(peer.name, rate);
    if (rate <= 0) restarts.note(peer.name, "had given up by then");
    cpu.add(peer.name, since(before).cpu / seconds);
    await site.kill();
  }
  const what = `${CRASHES} that crash all the time`;
  return [
    restarts.figure("crash-restarts", `${what}: restarts a second`, "/s", "less"),
    cpu.figure("crash-cpu", `${what}: CPU time a second of those that supervise`, "ms", "less"),
    revivals.figure("crash-revival", `${what}: a killed healthy one runs again`, "ms", "less"),
  ];
}
