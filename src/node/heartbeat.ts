/** A script node's signs of life: as long as its event loop turns, it gives them. */
import fs from "node:fs";
import type { NodeConfig } from "../core/config.ts";
import { HEALTH_DEFAULTS, heartbeatFdOf } from "../core/health.ts";

/** Between two signs (ms), however patient the Stem is. */
const SHORTEST_MS = 5;
const LONGEST_MS = 60_000;

export function beatFor(config: NodeConfig): void {
  const fd = heartbeatFdOf(config);
  if (fd === undefined) return;
  const { interval = HEALTH_DEFAULTS.interval } = config.health ?? {};
  const pause = Math.min(Math.max(interval / 2, SHORTEST_MS), LONGEST_MS);
  setInterval(() => giveSign(fd), pause).unref();
  giveSign(fd);
}

function giveSign(fd: number): void {
  try {
    fs.writeSync(fd, "\n");
  } catch {
    // The Stem has gone, or has yet to read what was written before.
  }
}
