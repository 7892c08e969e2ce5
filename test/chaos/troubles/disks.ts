/** A disk is full: that of a node's output, or that of the state directory. Each is a file system of its own. */
import fs from "node:fs";
import path from "node:path";
import { pause } from "../world.ts";
import type { Trouble } from "./trouble.ts";

export const fullOutput: Trouble = {
  name: "full-output",
  weight: 3,
  missing: ({ cramped }) => (cramped === undefined ? "mounting is for root" : undefined),
  async run(world, dice, say) {
    const ms = dice.between(200, 5_000);
    say(`the disk of 'cramped' is full for ${ms} ms`);
    await fullFor(world.cramped ?? "", ms, world.stop);
  },
};

export const fullState: Trouble = {
  name: "full-state",
  weight: 3,
  missing: ({ crampedState }) => (crampedState === undefined ? "mounting is for root" : undefined),
  async run(world, dice, say) {
    const ms = dice.between(200, 5_000);
    say(`the disk of the state directory is full for ${ms} ms`);
    // A node is started with its configuration, which is written there first.
    const late = world.excuses.delaysOf("all", "the state directory's disk is full");
    const room = world.noRoom();
    await fullFor(world.crampedState ?? "", ms, world.stop);
    room();
    late();
  },
};

async function fullFor(directory: string, ms: number, stop: AbortSignal): Promise<void> {
  const filler = path.join(directory, "filler");
  try {
    fill(filler);
    await pause(ms, stop);
  } finally {
    fs.rmSync(filler, { force: true });
  }
}

/** To the last byte. */
function fill(file: string): void {
  const fd = fs.openSync(file, "a", 0o600);
  try {
    for (let size = 64 * 1024; size >= 1; ) {
      try {
        if (fs.writeSync(fd, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch {
        size = Math.floor(size / 2);
      }
    }
  } finally {
    fs.closeSync(fd);
  }
}
