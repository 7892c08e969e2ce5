/** Files of Unix sockets that nobody answers any more. */
import fs from "node:fs";
import net from "node:net";

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
