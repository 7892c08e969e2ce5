/** Zeek's `global_hash_seed`: one that lasts, since what is sampled, and files' names, follow from it. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { makeDirectories, writePrivateFile } from "../../os/files.ts";

/** The one that is kept, or a new one, of 8 hex digits as ZeekControl's. */
export function hashSeed(stateDirectory: string): string {
  return keptSeed(stateDirectory) ?? randomBytes(4).toString("hex");
}

/** @throws the system's error */
export function keepSeed(stateDirectory: string, seed: string): void {
  if (keptSeed(stateDirectory) !== undefined) return;
  makeDirectories(stateDirectory, 0o700);
  writePrivateFile(path.join(stateDirectory, SEED_FILE), `${seed}\n`);
}

function keptSeed(stateDirectory: string): string | undefined {
  try {
    const text = fs.readFileSync(path.join(stateDirectory, SEED_FILE), "utf8").trim();
    return /^[\da-f]{8}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

const SEED_FILE = "hash-seed";
