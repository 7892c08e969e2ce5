/** The last lines of what a life has written to a file. */
import fs from "node:fs/promises";
import type { CrashOutput } from "../core/crash.ts";
import { errnoText } from "../os/tools.ts";
import type { Span } from "./file-spans.ts";
import { linesOf } from "./tail.ts";

/** Reads no more than the end, and never waits for the writer of a pipe. Never rejects. */
export async function fileEnd({ file, from, until }: Span, count: number): Promise<CrashOutput> {
  const output: CrashOutput = { lines: [], omitted: 0, complete: true, file };
  let handle: fs.FileHandle | undefined;
  try {
    if (!(await fs.stat(file)).isFile()) return { ...output, problem: "it is no regular file" };
    handle = await fs.open(file, "r");
    const start = Math.max(from, until - MOST);
    const bytes = Buffer.alloc(until - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    const lines = linesOf(bytes.subarray(0, bytesRead));
    // The first has lost its beginning.
    if (start > from) lines.shift();
    const kept = lines.slice(-count);
    const length = kept.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    return { ...output, lines: kept, omitted: Math.max(0, until - from - length) };
  } catch (error) {
    return { ...output, problem: errnoText(error as NodeJS.ErrnoException) };
  } finally {
    await handle?.close().catch(() => {});
  }
}

const MOST = 64 * 1024;
