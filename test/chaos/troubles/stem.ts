/** The Stem is killed, or stands still. */
import { lives, type Seen, signal } from "../processes.ts";
import { pause, type World, waitFor } from "../world.ts";
import type { Trouble } from "./trouble.ts";

/** A Stem that keeps dying is started later each time; then it starts every node (ms). */
const GROWN_MS = 45_000;

export const killStem: Trouble = {
  name: "kill-stem",
  weight: 5,
  async run(world, dice, say) {
    const what = dice.pick(["SIGKILL", "SIGKILL", "SIGTERM", "SIGSEGV"] as const);
    const times = dice.chance(0.25) ? 2 : 1;
    say(`${what} to the Stem${times > 1 ? `, ${times} times` : ""}`);
    for (let i = 0; i < times; i++) {
      await withoutStem(world, (stem) => signal(stem.pid, what));
      await pause(dice.between(0, 800), world.stop);
    }
  },
};

export const stopStem: Trouble = {
  name: "stop-stem",
  weight: 4,
  async run(world, dice, say) {
    const ms = dice.between(100, 6_000);
    const isKilled = dice.chance(0.3);
    say(`SIGSTOP to the Stem for ${ms} ms${isKilled ? ", then SIGKILL" : ""}`);
    const { stem } = world.processes.look();
    if (stem === undefined) return;
    const over = world.excuses.delaysOf("all", "the Stem stands still");
    signal(stem.pid, "SIGSTOP");
    await pause(ms, world.stop);
    if (isKilled && lives(stem)) await withoutStem(world, (one) => signal(one.pid, "SIGKILL"));
    if (lives(stem)) signal(stem.pid, "SIGCONT");
    over();
  },
};

/** Ends the Stem, and waits until another one has been there for a moment. */
async function withoutStem(world: World, end: (stem: Seen) => void): Promise<void> {
  if (world.tree.living?.isGrown !== true) return;
  const { stem } = world.processes.look();
  if (stem === undefined) return;
  const over = world.excuses.deathsAndDelaysOf("all", "the Stem was killed");
  world.lost("Stem", stem.pid);
  end(stem);
  const isBack = () => {
    const { stem: next } = world.processes.last;
    // Without a Supervisor there will be none: its own trouble sees to that.
    return !lives(stem) && (next !== undefined || world.tree.living === undefined);
  };
  if (!(await waitFor(isBack, GROWN_MS, world.stop)) && !world.stop.aborted)
    world.faults.add(`no Stem has come back in ${GROWN_MS / 1000} s`);
  // What was written before it was gone may be lost with it.
  world.lost("Stem", stem.pid);
  over();
}
