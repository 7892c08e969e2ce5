/** Unix sockets however deep their directory lies: the system allows a path of 107 bytes only. */
import fs from "node:fs";
import path from "node:path";

const LONGEST = 107;

/** A path to `name` in `directory` that a socket can use. Long ones keep a descriptor open. */
export function socketPath(directory: string, name: string): string {
  const direct = path.join(directory, name);
  if (Buffer.byteLength(direct) <= LONGEST) return direct;
  const fd = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  return `/proc/self/fd/${fd}/${name}`;
}

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

const NONE = -1;
