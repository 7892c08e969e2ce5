/** This process's own executable. */
import fs from "node:fs";

/**
 * A path to the Node.js that runs this process. It goes through the process, not through the
 * file's name, since what is on disk may have been replaced since we were started.
 */
export function ownExecutable(): string {
  const running = `/proc/${process.pid}/exe`;
  return fs.existsSync(running) ? running : process.execPath;
}
