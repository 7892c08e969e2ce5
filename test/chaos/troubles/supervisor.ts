/** The Supervisor is killed, alone or with its Stem, stands still, or is told to end. */
import { lives, signal } from "../processes.ts";
import { pause, type World, waitFor } from "../world.ts";
import type { Trouble } from "./trouble.ts";

/** Nodes that heed nothing have 1 s, each stage of those that come after others; and the machine is busy (ms). */
const ENDED_MS = 30_000;
/** How long trees live on without a Supervisor, that are to be taken over (s). */
const LONG_S = 60;
const SHORT_S = 1;

export const killSupervisor: Trouble = {
  name: "kill-supervisor",
  weight: 4,
  alone: ["supervisor"],
  async run(world, dice, say) {
    const keep = keepOf(dice.next());
    const withStem = dice.chance(0.25);
    const isAtOnce = dice.chance(0.5);
    const ms = dice.between(0, 3_000);
    const { living } = world.tree;
    if (living === undefined) return;
    say(
      `SIGKILL to the Supervisor${withStem ? " and the Stem" : ""} (${living.keep === undefined ? "its tree ends" : `its tree waits ${living.keep} s`}); the next after ${isAtOnce ? `${ms} ms` : "its end"}`,
    );
    const isKept = living.keep === LONG_S && !withStem;
    await withoutSupervisor(
      world,
      async () => {
        if (withStem) world.lost("Stem");
        // There may be none just now.
        if (withStem) signal(world.processes.look().stem?.pid ?? 0, "SIGKILL");
        signal(living.pid, "SIGKILL");
        await waitFor(() => living.ended !== undefined, ENDED_MS, world.stop);
        if (isAtOnce || isKept) await pause(ms, world.stop);
        // A Stem that was killed with it leaves what heeds no SIGTERM to the next Supervisor.
        else if (!withStem) await nothingLeft(world, "a Supervisor that was killed");
      },
      { keep, isKept },
    );
  },
};

export const stopSupervisor: Trouble = {
  name: "stop-supervisor",
  weight: 4,
  alone: ["supervisor"],
  async run(world, dice, say) {
    const ms = dice.between(100, 7_000);
    say(`SIGSTOP to the Supervisor for ${ms} ms`);
    const { living } = world.tree;
    if (living === undefined) return;
    const over = world.excuses.delaysOf("all", "the Supervisor stands still");
    signal(living.pid, "SIGSTOP");
    await pause(ms, world.stop);
    signal(living.pid, "SIGCONT");
    over();
  },
};

export const endTree: Trouble = {
  name: "end-tree",
  weight: 1,
  alone: ["supervisor"],
  async run(world, dice, say) {
    const keep = keepOf(dice.next());
    const what = dice.pick(["SIGTERM", "SIGINT"] as const);
    say(`${what} to the Supervisor, and a tree anew`);
    const { living } = world.tree;
    if (living === undefined) return;
    await withoutSupervisor(
      world,
      async () => {
        signal(living.pid, what);
        const isOver = () => living.ended !== undefined;
        if (!(await waitFor(isOver, ENDED_MS, world.stop)) && !world.stop.aborted)
          return world.faults.add(`the tree has not ended within ${ENDED_MS / 1000} s of ${what}`);
        if (living.ended?.code !== 0 && !world.stop.aborted)
          world.faults.add(
            `told to end, the Supervisor ended with ${JSON.stringify(living.ended)}`,
          );
        const { seen } = world.processes.look();
        if (seen.length > 0) await nothingLeft(world, "a tree that has ended in order", 0);
      },
      { keep, isKept: false },
    );
  },
};

function keepOf(fraction: number): number | undefined {
  if (fraction < 0.4) return undefined;
  return fraction < 0.9 ? LONG_S : SHORT_S;
}

/** @param isKept its nodes are to live on: none may die, and what was ordered holds */
async function withoutSupervisor(
  world: World,
  end: () => Promise<void>,
  { keep, isKept }: { keep: number | undefined; isKept: boolean },
): Promise<void> {
  const { living } = world.tree;
  if (living === undefined) return;
  living.isDoomed = true;
  const over = isKept
    ? world.excuses.delaysOf([], "")
    : world.excuses.deathsAndDelaysOf("all", "the Supervisor has ended");
  // That what they come after is ready may have gone with it, until a calm sees to that.
  const followers = world.kinds.filter(({ after }) => after !== undefined);
  const names = followers.map(({ config }) => config.name);
  world.untilCalm(world.excuses.delaysOf(names, "a word of readiness may be lost"));
  world.lost("Supervisor");
  await end();
  world.lost("Supervisor");
  if (!isKept) world.wanted.doubt();
  if (!world.stop.aborted) {
    if (!(await world.grow(keep)))
      world.faults.add("a Supervisor that was started does not answer");
  }
  over();
}

/** Nothing outlives its tree. @param ms how long that may take */
async function nothingLeft(world: World, whose: string, ms = ENDED_MS): Promise<void> {
  const isGone = () => world.processes.look().seen.length === 0;
  if ((await waitFor(isGone, ms, world.stop)) || world.stop.aborted) return;
  const { seen } = world.processes.look();
  const left = seen.filter(lives).map(({ pid, node }) => `PID ${pid} (${node ?? "no node"})`);
  if (left.length > 0)
    world.faults.add(`what ${whose} has left after ${ms} ms: ${left.join(", ")}`);
}
