/** The node that takes rotated logs from the queue into LogDir: Zeek's zeek-archiver. */
import type { NodeConfig } from "../../core/config.ts";
import type { Settings } from "./settings.ts";

/** None if logs are not rotated: nothing would ever be in the queue. */
export function archiverOf(settings: Settings): NodeConfig[] {
  if (settings.rotationInterval === 0) return [];
  const { archiver, spoolDir, logQueue, logDir } = settings;
  const command = [archiver, ...compression(settings), logQueue, logDir];
  // It waits for nobody, and nobody waits for it: logs that it has not taken yet stay in the queue.
  return [{ name: "archiver", directory: `${spoolDir}/archiver`, command, after: [] }];
}

function compression(settings: Settings): string[] {
  const { compressCommand: command, compressExtension: extension } = settings;
  const how = command === "" ? "" : `${extension},${command}`;
  const options = how === "gz,gzip" ? [] : [`--compress=${how}`];
  // What Zeek compressed itself must not be compressed again.
  if (settings.compressInFlight > 0 && !ZIPPED.includes(extension)) {
    options.push(`--zip-extensions=${[...ZIPPED, extension].join(",")}`);
  }
  return options;
}

/** zeek-archiver's own list. */
const ZIPPED: readonly string[] = ["gz", "bz2", "lz", "lz4"];
