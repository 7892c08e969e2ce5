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
