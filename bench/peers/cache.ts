/** What the bench installs for itself, apart from the project's dependencies. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "..", "..");
const CACHE = path.join(ROOT, "node_modules", ".cache", "bench-peers");

/**
 * A Node.js for one peer alone. What two processes have mapped of the same file is shared between
 * them, so with the bench's own Node.js a peer would seem smaller than it is.
 */
export function nodeFor(peer: string): string {
  const file = path.join(CACHE, peer, "bin", "node");
  const size = fs.statSync(process.execPath).size;
  if (fs.statSync(file, { throwIfNoEntry: false })?.size !== size) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(process.execPath, file);
    fs.chmodSync(file, 0o755);
  }
  return file;
}

/** Coppice as it is published: what is built, in a folder of its own. @returns its command */
export function installCoppice(): string {
  const home = path.join(CACHE, "coppice", "package");
  fs.rmSync(home, { recursive: true, force: true });
  for (const name of ["bin", "dist", "package.json"]) {
    fs.cpSync(path.join(ROOT, name), path.join(home, name), { recursive: true });
  }
  return path.join(home, "bin", "coppice");
}

/** pm2 of the version that the lock file says, installed when it is not there. @returns its folder */
export function installPm2(): string {
  const source = path.join(import.meta.dirname, "pm2");
  const home = path.join(CACHE, "pm2");
  const lock = fs.readFileSync(path.join(source, "package-lock.json"), "utf8");
  const stamp = path.join(home, "installed.json");
  const installed = path.join(home, "node_modules", "pm2");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === lock) return installed;
  fs.mkdirSync(home, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    fs.copyFileSync(path.join(source, name), path.join(home, name));
  }
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  execFileSync("npm", ["ci", "--prefix", home, ...quiet], { stdio: ["ignore", "ignore", "pipe"] });
  fs.writeFileSync(stamp, lock);
  return installed;
}
