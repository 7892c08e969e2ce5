/** The lines of a configuration file, whatever ends them. */
import type { Problem, Source } from "../plan.ts";

export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
}

/** No argument, no variable and no path of a process can have a NUL in it. */
export function nulProblems(source: Source | undefined): Problem[] {
  if (!source?.text.includes("\0")) return [];
  const index = linesOf(source.text).findIndex((line) => line.includes("\0"));
  return [{ file: source.file, line: index + 1, text: "it has a NUL byte: this is no text file" }];
}
