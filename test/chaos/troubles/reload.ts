/** The Supervisor is replaced: as it is, with other configurations, or with scripts that do not work. */
import fs from "node:fs";
import path from "node:path";
import { signal } from "../processes.ts";
import type { Life } from "../tree.ts";
import { pause, type World, waitFor } from "../world.ts";
import { several } from "./signals.ts";
import type { Trouble } from "./trouble.ts";

/** Beyond that it is not waited for: whether it goes on is seen anyway (ms). */
const LONGEST_MS = 30_000;

export const reload: Trouble = {
  name: "reload",
  weight: 6,
  alone: ["reload"],
  async run(world, dice, say) {
    const changed = dice.chance(0.6) ? several(world.kinds, dice, 1, 5) : [];
    const how = dice.pick(["SIGHUP", "a client", "a client, two at a time"] as const);
    say(`reload by ${how}${changed.length > 0 ? `: ${changed.join(", ")} changed` : ""}`);
    // Whoever reloads next, or begins anew, finds the change, if this does not come to anything.
    world.untilCalm(world.excuses.deathsAndDelaysOf(changed, "reload"));
    world.wanted.change(changed);
    await reloadBy(world, how);
  },
};

export const brokenScript: Trouble = {
  name: "broken-script",
  weight: 1,
  alone: ["supervisor", "reload"],
  async run(world, _dice, say) {
    say("reload with a script that cannot be loaded");
    const script = path.join(world.directory, "tree.mjs");
    const text = fs.readFileSync(script, "utf8");
    // A node that is started just then cannot load it either.
    const scripts = world.kinds.filter(
      ({ config }) => (config.command ?? config.zeek) === undefined,
    );
    const names = scripts.map(({ config }) => config.name);
    const over = world.excuses.deathsAndDelaysOf(names, "the script cannot be loaded");
    try {
      replace(script, `${text}\nsyntax error(\n`);
      await reloadBy(world, "a client");
    } finally {
      replace(script, text);
      over();
    }
  },
};

async function reloadBy(world: World, how: string): Promise<void> {
  world.hasReloads = true;
  const { living } = world.tree;
  // In the first moments of a process a signal ends it.
  if (living?.isGrown !== true) return;
  if (how === "SIGHUP") {
    const before = world.reloads;
    signal(living.pid, "SIGHUP");
    // A second one while the new image starts would end it.
    await waitFor(() => world.reloads > before || !lives(living), LONGEST_MS, world.stop);
    return;
  }
  const client = await world.tree.connect(5_000).catch(() => undefined);
  if (client === undefined) return;
  const options = how.endsWith("at a time") ? { rolling: 2 } : {};
  await Promise.race([client.reload(options).catch(() => {}), pause(LONGEST_MS, world.stop)]);
  client.close();
}

function replace(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

function lives({ ended }: Life): boolean {
  return ended === undefined;
}
