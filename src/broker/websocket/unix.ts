/** Unix sockets: paths that are too long, and files that nobody answers any more. */
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { socketPath } from "../../os/socket-path.ts";

export interface ShortPath {
  path: string;
  /** To be called when nothing connects to it, or listens there, any more. */
  release(): void;
}

/**
 * A path to the same socket that is short enough for the system.
 *
 * @throws the error of the system if its directory is not there
 */
export function shortPath(long: string): ShortPath {
  const short = socketPath(path.dirname(path.resolve(long)), path.basename(long));
  let fd = Number(/^\/proc\/self\/fd\/(\d+)\//.exec(short)?.[1] ?? NONE);
  return {
    path: short,
    release() {
      if (fd !== NONE) fs.closeSync(fd);
      fd = NONE; // By the next time its number may be another's.
    },
  };
}

/**
 * Removes the file of a socket that nobody listens on any more.
 *
 * @returns whether it is free now: nothing is there, and nobody answers
 */
export async function isFree(path: string): Promise<boolean> {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  if (!stats.isSocket() || (await isAnswered(path))) return false;
  fs.rmSync(path, { force: true });
  return true;
}

/** Only "refused" says that nobody is there; whoever is busy does not answer either. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

const NONE = -1;
