/** The sections of `diag` that show the files of a node's directory, as ZeekControl shows them. */
import fs from "node:fs";
import path from "node:path";
import { errnoText } from "../../os/tools.ts";

/** @returns lines, and what stands in for a file that is not there if there is anything */
export function fileSection(
  directory: string | undefined,
  { name, last }: DiagFile,
  instead?: { text: string; from: string },
): string[] {
  const read =
    directory === undefined && !path.isAbsolute(name)
      ? { problem: MISSING }
      : lastLines(path.resolve(directory ?? "/", name), last);
  if ("lines" in read) return [`==== ${name}`, ...read.lines, ""];
  if (instead !== undefined) {
    const lines = instead.text.split("\n").slice(-(last ?? Number.POSITIVE_INFINITY));
    return [`==== ${name} (${instead.from})`, ...lines, ""];
  }
  const why = read.problem === MISSING ? "" : `: ${read.problem}`;
  return [`==== No ${name}${why}`, ""];
}

export interface DiagFile {
  name: string;
  /** How many of its last lines; unset: all. */
  last?: number;
}

/** In ZeekControl's order. */
export const DIAG_FILES: readonly DiagFile[] = [
  { name: "reporter.log", last: 10 },
  { name: "stderr.log", last: 10 },
  { name: "stdout.log", last: 10 },
  { name: ".cmdline", last: 30 },
  { name: ".env_vars", last: 30 },
  { name: ".status", last: 10 },
  { name: "prof.log", last: 10 },
  { name: "packet_filter.log", last: 30 },
  { name: "loaded_scripts.log" },
];

/** Of a file's end alone: logs may be large. */
function lastLines(
  file: string,
  last: number | undefined,
): { lines: string[] } | { problem: string } {
  let fd: number | undefined;
  try {
    // A named pipe would keep us waiting for its writer.
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const { size } = fs.fstatSync(fd);
    const length = Math.min(size, MAX_BYTES);
    const bytes = Buffer.alloc(length);
    const count = fs.readSync(fd, bytes, 0, length, size - length);
    const lines = bytes.toString("utf8", 0, count).replace(/\n$/, "").split("\n");
    return { lines: last === undefined ? lines : lines.slice(-last) };
  } catch (error) {
    return { problem: errnoText(error as NodeJS.ErrnoException) };
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

const MISSING = "No such file or directory";
const MAX_BYTES = 1024 * 1024;
