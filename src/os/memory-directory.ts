/** A private directory in memory, for things that are not worth a disk. */
import fs from "node:fs";
import path from "node:path";

/** @returns a new directory that only its owner may enter, or undefined if there is no such place */
export function makeMemoryDirectory(prefix: string): string | undefined {
  for (const place of [process.env["XDG_RUNTIME_DIR"], "/run", "/dev/shm"]) {
    if (place === undefined || place === "") continue;
    try {
      if (fs.statfsSync(place).type !== TMPFS) continue;
      return fs.mkdtempSync(path.join(place, prefix));
    } catch {
      // Not there, not ours to write to, or full: the next may do.
    }
  }
  return undefined;
}

/** `TMPFS_MAGIC` of Linux's `magic.h`. */
const TMPFS = 0x01021994;
