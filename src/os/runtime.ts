/**
 * Where this runtime's own files lie: where Coppice is installed, or in an image of it. In both, and in
 * its sources, this module lies one folder below.
 */
import path from "node:path";

/** The folder of the public module. */
export const RUNTIME = path.join(import.meta.dirname, "..");

/** @param name a module's path below it, without an ending: sources and what is built have different ones */
export function runtimeFile(name: string): string {
  return path.join(RUNTIME, `${name}${path.extname(import.meta.filename)}`);
}
