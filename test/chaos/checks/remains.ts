/** Nothing outlives its tree: no process, no control group, and no directory of pipes. */
import fs from "node:fs";
import path from "node:path";
import type { Seen } from "../processes.ts";
import { drawn } from "./lives.ts";

export class Remains {
  readonly #seen = new Set<string>();

  /** Notes what there is outside of the run's directory. */
  look(stateDirectory: string): void {
    const pipes = read(() => fs.readlinkSync(path.join(stateDirectory, "pipes")));
    const cgroup = read(() => fs.readFileSync(path.join(stateDirectory, "cgroup"), "utf8"));
    for (const one of [pipes, cgroup]) if (one !== undefined) this.#seen.add(one);
  }

  /** @param seen processes of the run. @returns what is left, in words */
  left(seen: readonly Seen[]): string[] {
    const files = [...this.#seen].filter((one) => fs.existsSync(one));
    return [
      ...drawn(seen).map((one) => `a process is left: ${one}`),
      ...files.map((one) => `a directory is left: ${one}`),
    ];
  }
}

function read(act: () => string): string | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
