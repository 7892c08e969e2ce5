/** The wall clock jumps: no decision may depend on it. */
import fs from "node:fs";
import path from "node:path";
import { pause } from "../world.ts";
import type { Trouble } from "./trouble.ts";

const YEAR_MS = 365 * 24 * 3600 * 1000;

export const jumpingClock: Trouble = {
  name: "jumping-clock",
  weight: 3,
  async run(world, dice, say) {
    const jumps = Array.from({ length: dice.between(1, 5) }, () =>
      Math.round((dice.next() - 0.5) * dice.pick([2_000, 7_200_000, 20 * YEAR_MS])),
    );
    say(`the clock is ${jumps.map((ms) => `${Math.round(ms / 1000)} s`).join(", then ")} off`);
    for (const ms of jumps) {
      set(world.directory, ms);
      await pause(dice.between(100, 1_500), world.stop);
    }
    set(world.directory, 0);
  },
};

function set(directory: string, ms: number): void {
  const file = path.join(directory, "clock");
  fs.writeFileSync(`${file}.new`, String(ms));
  fs.renameSync(`${file}.new`, file);
}
