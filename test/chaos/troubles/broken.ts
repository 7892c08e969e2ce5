/** A node's program, or its directory, is gone for a while: it cannot be started. */
import fs from "node:fs";
import path from "node:path";
import { signal } from "../processes.ts";
import { pause, type World } from "../world.ts";
import { present } from "./signals.ts";
import type { Trouble } from "./trouble.ts";

export const brokenProgram: Trouble = {
  name: "broken-program",
  weight: 3,
  alone: ["program"],
  async run(world, dice, say) {
    const how = dice.pick(["is gone", "may not be executed", "is no program"] as const);
    const ms = dice.between(300, 5_000);
    say(`the program of 'tooled' ${how} for ${ms} ms, and it is killed`);
    const file = path.join(world.directory, "tool");
    const text = fs.readFileSync(file);
    await without(world, "tooled", ms, {
      take: () => {
        if (how === "is gone") fs.renameSync(file, `${file}.away`);
        else if (how === "may not be executed") fs.chmodSync(file, 0o644);
        else replace(file, Buffer.from("#!/no/such/interpreter\n"));
      },
      give: () => {
        replace(file, text);
        fs.rmSync(`${file}.away`, { force: true });
      },
    });
  },
};

export const noDirectory: Trouble = {
  name: "no-directory",
  weight: 2,
  alone: ["directory"],
  async run(world, dice, say) {
    const ms = dice.between(300, 4_000);
    say(`the directory of 'housed' is gone for ${ms} ms, and it is killed`);
    const house = path.join(world.directory, "house");
    await without(world, "housed", ms, {
      take: () => fs.renameSync(house, `${house}.away`),
      give: () => {
        // It may have been made anew meanwhile: a Supervisor that begins makes what is missing.
        fs.rmSync(`${house}.away`, { recursive: true, force: true });
        fs.mkdirSync(house, { recursive: true });
      },
    });
  },
};

async function without(
  world: World,
  name: string,
  ms: number,
  { take, give }: { take: () => void; give: () => void },
): Promise<void> {
  const over = world.excuses.deathsAndDelaysOf([name], "it cannot be started");
  try {
    take();
    for (const { pid } of present(world, [name])) signal(pid, "SIGKILL");
    await pause(ms, world.stop);
  } finally {
    give();
    over();
  }
}

/** At once: nobody finds half of it, and nobody finds it being written. */
function replace(file: string, bytes: Buffer): void {
  fs.writeFileSync(`${file}.new`, bytes, { mode: 0o755 });
  fs.chmodSync(`${file}.new`, 0o755);
  fs.renameSync(`${file}.new`, file);
}
