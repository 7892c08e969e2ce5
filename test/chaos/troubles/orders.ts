/** Orders from afar: many at once, also for one node. */
import type { RemoteSupervisor } from "../../../src/control/client.ts";
import { pause, type World } from "../world.ts";
import { several } from "./signals.ts";
import type { Trouble } from "./trouble.ts";

/** An order takes as long as its node to end, and those that come after it; and the machine is busy (ms). */
const ANSWER_MS = 30_000;

export const restarts: Trouble = {
  name: "restarts",
  weight: 5,
  async run(world, dice, say) {
    const isAll = dice.chance(0.2);
    const names = isAll
      ? world.kinds.map(({ config }) => config.name)
      : several(world.kinds, dice, 1, 5);
    const times = dice.between(1, 4);
    say(`restart ${isAll ? "all" : names.join(", ")}, ${times} times at once`);
    // An order whose answer is not waited for any more is carried out all the same.
    world.untilCalm(world.excuses.deathsAndDelaysOf(names, "restart"));
    // Whoever was stopped is started by that.
    const ordering = world.wanted.ordering(names);
    await ordered(world, async (client) => {
      const all = isAll ? [""] : names;
      const orders = Array.from({ length: times }, () => all.map((name) => client.restart(name)));
      await Promise.allSettled(orders.flat());
    });
    ordering.over();
  },
};

export const stopsAndStarts: Trouble = {
  name: "stops-and-starts",
  weight: 5,
  async run(world, dice, say) {
    const names = several(world.kinds, dice, 1, 4);
    const ms = dice.between(0, 2_500);
    const isStarted = dice.chance(0.6);
    say(`stop ${names.join(", ")}${isStarted ? `, and start after ${ms} ms` : ""}`);
    world.untilCalm(world.excuses.deathsAndDelaysOf(names, "stop"));
    const ordering = world.wanted.ordering(names);
    await ordered(world, async (client) => {
      await each(names, async (name) => {
        const life = world.tree.living;
        const isDone = await client.stopNode(name);
        // A Supervisor that has come since may not know of it.
        if (isDone && world.tree.living === life && !isStarted) ordering.done(name, true);
      });
      if (!isStarted) return;
      await pause(ms, world.stop);
      await each(names, (name) => client.startNode(name));
    });
    ordering.over();
  },
};

/** Of a client whose Supervisor goes nothing is known but that it has given its orders. */
async function ordered(
  world: World,
  give: (client: RemoteSupervisor) => Promise<void>,
): Promise<void> {
  const client = await world.tree.connect(5_000).catch(() => undefined);
  if (client === undefined) return;
  try {
    await Promise.race([give(client), pause(ANSWER_MS, world.stop)]);
  } finally {
    client.close();
  }
}

async function each(
  names: readonly string[],
  act: (name: string) => Promise<unknown>,
): Promise<void> {
  await Promise.allSettled(names.map(act));
}
