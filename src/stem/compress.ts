/** Old output is compressed by the thread pool. */
import { createReadStream, createWriteStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { draftName, oldName, toCompress } from "../core/output-file.ts";

/** Compresses what is left to compress of a file's old ones. @throws the system's error */
export async function compressOld(directory: string, base: string, keep: number): Promise<void> {
  for (const { number, isDone } of toCompress(base, await fs.readdir(directory), keep)) {
    const place = (name: string): string => path.join(directory, name);
    const plain = place(oldName(base, number, false));
    const compressed = place(oldName(base, number, true));
    if (!isDone) await compress(plain, place(draftName(base, number)), compressed);
    await fs.unlink(plain);
  }
}

/** The name says that it is complete, so it gets it only then. */
async function compress(plain: string, draft: string, compressed: string): Promise<void> {
  try {
    const to = createWriteStream(draft, { mode: 0o600, flush: true });
    await pipeline(createReadStream(plain), createGzip({ chunkSize: CHUNK }), to);
    await fs.rename(draft, compressed);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw error;
  }
}

const CHUNK = 64 * 1024;
