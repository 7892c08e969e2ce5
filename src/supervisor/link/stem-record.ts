/** Which Stem there is, written down for the Supervisor that comes next. */
import fs from "node:fs";
import path from "node:path";
import { writePrivateFile } from "../../os/files.ts";
import { isRunning, processId } from "../../os/process-table.ts";
import { isSameProcess, LINK_VERSION, type ProcessId } from "../../wire/stem-messages.ts";
import { places } from "../../wire/stem-setup.ts";

export interface StemRecord {
  stem: ProcessId;
  /** Which messages it knows. */
  link: number;
  /** Proves on the link that it is this one. */
  token: string;
  /** Where its code lies. */
  image: string;
  /** Whom it belongs to, and how long it waits for the next when that one has gone (ms). */
  supervisor: ProcessId;
  keep: number;
}

/** @throws the system's error */
export function writeStemRecord(file: string, record: Omit<StemRecord, "link">): void {
  const text = JSON.stringify({ ...record, link: LINK_VERSION }).padEnd(ROOM);
  try {
    writePrivateFile(file, text);
  } catch (error) {
    overwrite(file, text, error);
  }
}

/** On a disk that is full there is no room for another file, and still that of the last one. */
function overwrite(file: string, text: string, error: unknown): void {
  try {
    const fd = fs.openSync(file, "r+");
    try {
      fs.writeSync(fd, text, 0);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    throw error;
  }
}

/** As much as file systems give at once; each record is as long as every other. */
const ROOM = 4096;

/** @returns undefined if there is none that can be read */
export function readStemRecord(file: string): StemRecord | undefined {
  try {
    const record = JSON.parse(fs.readFileSync(file, "utf8")) as StemRecord;
    return typeof record.stem?.pid === "number" ? record : undefined;
  } catch {
    return undefined;
  }
}

export function runs({ pid, startTime }: ProcessId): boolean {
  return isRunning(pid, startTime);
}

/** Whether the tree of a Supervisor that was killed waits there for the next one. */
export function isStemWaiting(stateDirectory: string): boolean {
  const record = readStemRecord(path.join(stateDirectory, places.stem));
  if (record === undefined || !runs(record.stem)) return false;
  return inheritance(record, processId(process.pid)) === "take over";
}

/** What is to be done about the Stem of an earlier Supervisor. */
export type Inheritance =
  /** It waits for us: we are the Supervisor that it has, or it was told to wait for the next. */
  | "take over"
  /** It is about to end, and its nodes with it. */
  | "await its end"
  /** It waits, but in a language that we do not speak: it has to be told to end. */
  | "end it";

/** @param self this process; @param isAlive whether the Stem runs */
export function inheritance(record: StemRecord, self: ProcessId): Inheritance {
  const { supervisor, keep, link } = record;
  const isOurs = supervisor !== undefined && isSameProcess(supervisor, self);
  if (!isOurs && !(keep > 0)) return "await its end";
  return link === LINK_VERSION ? "take over" : "end it";
}
