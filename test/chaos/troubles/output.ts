/** Floods of output, and a reader that stands still. */
import type { NodeConfig } from "coppice";
import { FLOOD } from "../nodes/kinds.ts";
import { pause } from "../world.ts";
import type { Trouble } from "./trouble.ts";

let floods = 0;

export const flood: Trouble = {
  name: "flood",
  weight: 5,
  async run(world, dice, say) {
    const count = dice.between(1, 3);
    const ms = dice.between(500, 3_000);
    const width = dice.pick([0, 0, 200, 3_000]);
    say(
      `${count} nodes print all they can${width > 0 ? `, ${width} bytes a line,` : ""} for ${ms} ms`,
    );
    const names = Array.from({ length: count }, () => `${FLOOD}${++floods}`);
    const client = await world.tree.connect(5_000).catch(() => undefined);
    if (client === undefined) return;
    try {
      await Promise.allSettled(names.map((name) => client.create(flooding(name, width))));
      await pause(ms, world.stop);
      // Whoever is left, because this Supervisor is no more, goes with the next calm.
      await Promise.race([
        Promise.allSettled(names.map((name) => client.destroy(name))),
        pause(10_000, world.stop),
      ]);
    } finally {
      client.close();
    }
  },
};

export const slowReader: Trouble = {
  name: "slow-reader",
  weight: 4,
  async run(world, dice, say) {
    const ms = dice.between(300, 6_000);
    say(`nobody reads the Supervisor's output for ${ms} ms`);
    const over = world.stopReading();
    await pause(ms, world.stop);
    over();
  },
};

/** As in nodes/node.sh. */
const LIFE = `read -r stat </proc/$$/stat; set -- $stat; life=$$-$\{22}`;

/** Numbered lines in the words of all others, as fast as it goes; between them lines of this width. */
function flooding(name: string, width: number): NodeConfig {
  const wide = width === 0 ? "" : `${"x".repeat(width)}\n`;
  return {
    name,
    command: [
      "/bin/sh",
      "-c",
      `${LIFE}; exec seq -f "${wide}~ ${name} $life %.0f ." 1 1000000000000`,
    ],
    env: { CHAOS_NODE: name },
    stop: { interval: 300, attempts: 3 },
    revival: { delay: 500, factor: 1 },
  };
}
