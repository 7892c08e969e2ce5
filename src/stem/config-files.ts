/** Nodes' configurations on disk, where nodes find their own, in whatever language they are written. */
import fs from "node:fs";
import path from "node:path";
import { errnoText } from "../os/tools.ts";
import { ownerOf, StartFailure, type StartOrder } from "./start.ts";

export class ConfigFiles {
  readonly #directory: string;
  /** The creation whose configuration is on disk, by name. */
  readonly #written = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  file(name: string): string {
    return path.join(this.#directory, `${name}.json`);
  }

  /** @throws StartFailure */
  write(order: StartOrder): void {
    const { config, id } = order;
    const file = this.file(config.name);
    if (this.#written.get(config.name) === id && fs.existsSync(file)) return;
    try {
      writeNew(file, `${JSON.stringify(config, undefined, 2)}\n`);
      const owner = ownerOf(order);
      if (owner !== undefined) fs.chownSync(file, owner.uid, owner.gid);
    } catch (error) {
      const reason = errnoText(error as NodeJS.ErrnoException);
      throw new StartFailure(
        `node '${config.name}' failed to write its configuration ${file}: ${reason}`,
      );
    }
    this.#written.set(config.name, id);
  }

  /** Never throws: a file that cannot be removed stays, and nobody reads it. */
  forget(name: string): void {
    this.#written.delete(name);
    try {
      fs.rmSync(this.file(name), { force: true });
    } catch {
      // The disk may be read-only by now; whoever starts under this name is told then.
    }
  }
}

/**
 * Nobody reads it now: the node's last process has gone, and the next comes after this. Anew, for the
 * last one may have been somebody else's; but mostly there is none.
 */
function writeNew(file: string, text: string): void {
  const options = { mode: 0o600, flag: "wx" };
  try {
    fs.writeFileSync(file, text, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, text, options);
  }
}
