/** Signals to nodes: SIGKILL, SIGTERM, and SIGSTOP with SIGCONT later. */
import type { Dice } from "../../simulation/dice.ts";
import type { Kind } from "../nodes/kinds.ts";
import { lives, type Seen, signal } from "../processes.ts";
import { pause, type World } from "../world.ts";
import type { Trouble } from "./trouble.ts";

export const killNodes: Trouble = {
  name: "kill-nodes",
  weight: 10,
  async run(world, dice, say) {
    const names = several(world.kinds, dice, 1, 6);
    const what = dice.pick(["SIGKILL", "SIGKILL", "SIGTERM", "SIGABRT"] as const);
    const isGroup = dice.chance(0.3);
    const times = dice.between(1, 3);
    say(`${what} to ${isGroup ? "all of " : ""}${names.join(", ")}, ${times} times`);
    const over = world.excuses.deathsOf(names, what);
    for (let i = 0; i < times && !world.stop.aborted; i++) {
      for (const one of present(world, names)) send(one, what, isGroup);
      await pause(dice.between(20, 1_500), world.stop);
    }
    over();
  },
};

export const stopNodes: Trouble = {
  name: "stop-nodes",
  weight: 6,
  async run(world, dice, say) {
    const names = several(world.kinds, dice, 1, 5);
    const ms = dice.between(50, 6_000);
    const isGroup = dice.chance(0.5);
    say(`SIGSTOP to ${names.join(", ")} for ${ms} ms`);
    const over = world.excuses.deathsOf(names, "SIGSTOP");
    const stopped = present(world, names).filter((one) => send(one, "SIGSTOP", isGroup));
    await pause(ms, world.stop);
    for (const one of stopped) send(one, "SIGCONT", isGroup);
    over();
  },
};

/** @returns names of nodes, each once */
export function several(kinds: readonly Kind[], dice: Dice, low: number, high: number): string[] {
  const count = dice.between(low, high);
  const names = Array.from({ length: count }, () => dice.pick(kinds).config.name);
  return [...new Set(names)];
}

/** Their processes, of those that have one. */
export function present(world: World, names: readonly string[]): Seen[] {
  const { leaders } = world.processes.look();
  return names.flatMap((name) => leaders.get(name) ?? []);
}

/** Never to a process that has only got the number of one. */
function send(one: Seen, what: NodeJS.Signals, isGroup: boolean): boolean {
  return lives(one) && signal(isGroup ? -one.pid : one.pid, what);
}
