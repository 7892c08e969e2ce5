/** The numbered lines of nodes whose output goes to files: those that they write themselves, and those that are rotated. */
import fs from "node:fs";
import path from "node:path";
import { NumberedLines, type Stream } from "./lines.ts";
import type { Progress } from "./progress.ts";

/** How often a file that is rotated all the time is read before that is given up. */
const MOST_READS = 20;

export interface FileLinesPorts {
  fault(text: string): void;
  /** The file is of a disk that was full: lines may be missing. */
  maySkip?(): boolean;
}

/** What is in the files of one node. */
export interface Counted {
  lines: number;
  missing: number;
  /** What was written, and is not in them yet, in words. */
  behind: string[];
}

/**
 * @param files both streams in one, or one for each
 * @param due what its processes have written
 */
export function checkFiles(
  node: string,
  files: Partial<Record<Stream | "both", string>>,
  ports: FileLinesPorts,
  due: readonly Progress[],
): Counted {
  const { fault, maySkip = () => false } = ports;
  const numbers = (stream: Stream) =>
    new NumberedLines(stream, { fault, maySkip, mayCut: () => false });
  const [stdout, stderr] = [numbers("stdout"), numbers("stderr")];
  for (const [stream, file = ""] of Object.entries(files)) {
    const lines = chain(file).split("\n");
    const rest = lines.pop() ?? "";
    if (rest !== "" && stream === "both") fault(`${file} ends in the midst of a line: ${rest}`);
    for (const line of lines) {
      const taker = stream === "both" ? (line.endsWith("!") ? stderr : stdout) : null;
      const isNumbered = (taker ?? (stream === "stderr" ? stderr : stdout)).take(node, line);
      if (!isNumbered) fault(`${file}: this is no line of '${node}': ${JSON.stringify(line)}`);
    }
  }
  const behind = due.flatMap(({ life, ...written }) => {
    const [out, err] = [stdout.last(node, life), stderr.last(node, life)];
    if (out >= written.stdout && err >= written.stderr) return [];
    return [
      `'${node}' (PID ${life}) has written ${written.stdout} and ${written.stderr} lines, and its files have ${out} and ${err}`,
    ];
  });
  const lines = stdout.count + stderr.count;
  return { lines, missing: stdout.missing + stderr.missing, behind };
}

/** A file and the old ones before it, the oldest first; read again if they were rotated meanwhile. */
function chain(file: string): string {
  for (let reads = 1; ; reads++) {
    const before = stateOf(file);
    const text = oldFiles(file)
      .map((one) => read(path.join(path.dirname(file), one)))
      .join("");
    const all = text + read(file);
    if (reads === MOST_READS || stateOf(file) === before) return all;
  }
}

function stateOf(file: string): string {
  return [...oldFiles(file), path.basename(file)]
    .map((name) => {
      const stat = fs.statSync(path.join(path.dirname(file), name), { throwIfNoEntry: false });
      return `${name} ${stat?.ino}`;
    })
    .join();
}

function oldFiles(file: string): string[] {
  const base = `${path.basename(file)}.`;
  return fs
    .readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(base) && /^\d+$/.test(name.slice(base.length)))
    .sort((a, b) => Number(b.slice(base.length)) - Number(a.slice(base.length)));
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
