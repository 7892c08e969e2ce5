/** What each process of a node has written, as it notes itself after each write. */
import fs from "node:fs";
import path from "node:path";

export interface Progress {
  node: string;
  /** Its number, and when it was started. */
  life: string;
  /** Its parent when it began: the Stem. */
  stem: number;
  /** Lines on stdout and on stderr, at least. */
  stdout: number;
  stderr: number;
  file: string;
}

/** Of every process that has written something; of those that have just begun there is nothing. */
export function progressIn(directory: string): Progress[] {
  const found: Progress[] = [];
  for (const name of fs.readdirSync(directory)) {
    const [, node, life, stem] = /^(.+)\.(\d+-\d+)\.(\d+)$/.exec(name) ?? [];
    const file = path.join(directory, name);
    const [, stdout, stderr] = /^ *(\d+) +(\d+)\n/.exec(read(file)) ?? [];
    if (node === undefined || life === undefined || stderr === undefined) continue;
    found.push({
      node,
      life,
      stem: Number(stem),
      stdout: Number(stdout),
      stderr: Number(stderr),
      file,
    });
  }
  return found;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
