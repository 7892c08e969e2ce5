/** Files and directories of nodes and of the tree. */
import fs from "node:fs";
import path from "node:path";

/**
 * Opens a file for a node's output: appended to, created with mode 0600.
 * Never waits, not even for the reader of a named pipe.
 * @returns a descriptor; @throws the system's error
 */
export function openOutputFile(file: string, truncate: boolean): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NONBLOCK } = fs.constants;
  const flags = O_WRONLY | O_CREAT | O_APPEND | (truncate ? O_TRUNC : 0);
  const fd = fs.openSync(file, flags | O_NONBLOCK, 0o600);
  if (fs.fstatSync(fd).isFile()) return fd;
  // Anything else would keep the flag and surprise the node: opened again, now that it cannot wait.
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Makes a directory and those above it that are missing. Node's own `recursive` never returns
 * where the system says ENOENT for a directory that cannot be made, as below /proc.
 * @param directory absolute; @throws the system's error
 */
export function makeDirectories(directory: string, mode = 0o777): void {
  if (isDirectory(directory)) return;
  const above = path.dirname(directory);
  if (!fs.existsSync(above)) makeDirectories(above, mode);
  try {
    fs.mkdirSync(directory, { mode });
  } catch (error) {
    if (!isDirectory(directory)) throw error;
  }
}

function isDirectory(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Writes a file whole or not at all, readable by its owner alone. */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.new`;
  fs.writeFileSync(draft, text, { mode: 0o600 });
  fs.renameSync(draft, file);
}
