/** The records on disk: one file each, in a directory that outlives the tree. */
import fs from "node:fs/promises";
import path from "node:path";
import { type CrashRecord, type CrashSummary, summaryOf } from "../core/crash.ts";

/** In the state directory. */
export const CRASHES = "crashes";

export interface RecordFile {
  id: number;
  size: number;
}

/** The records that there are, the oldest first; none if there is no such directory. @throws the system's error */
export async function listRecords(directory: string): Promise<RecordFile[]> {
  const found: RecordFile[] = [];
  for (const id of await listIds(directory)) {
    try {
      found.push({ id, size: (await fs.stat(fileOf(directory, String(id)))).size });
    } catch {
      // It was removed meanwhile.
    }
  }
  return found;
}

/** Their ids, the lowest first. @throws the system's error */
export async function listIds(directory: string): Promise<number[]> {
  const ids = (await namesIn(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return ids.filter((id) => id > 0).sort((a, b) => a - b);
}

/** Drafts that a Supervisor which was killed has left. Never rejects. */
export async function removeDrafts(directory: string): Promise<void> {
  const names = await namesIn(directory).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(DRAFT)))
    await fs.rm(path.join(directory, name), { force: true }).catch(() => {});
}

/** Undefined if there is none, or what there is was not written by us. @throws the system's error otherwise */
export async function readRecord(directory: string, id: string): Promise<CrashRecord | undefined> {
  if (!isId(id)) return undefined;
  try {
    const record = JSON.parse(await fs.readFile(fileOf(directory, id), "utf8")) as CrashRecord;
    return record.id === id ? record : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}

/** Summaries of all, or of one node's; the oldest first. @throws the system's error */
export async function readSummaries(directory: string, node = ""): Promise<CrashSummary[]> {
  const summaries: CrashSummary[] = [];
  for (const id of await listIds(directory)) {
    const record = await readRecord(directory, String(id));
    if (record !== undefined && (node === "" || record.node === node))
      summaries.push(summaryOf(record));
  }
  return summaries.sort(inOrder);
}

/** As they happened: of one the last words may have come later than all of another. */
export function inOrder(a: CrashSummary, b: CrashSummary): number {
  return a.at - b.at || Number(a.id) - Number(b.id);
}

/** Whole or not at all, readable by its owner alone. @returns its size. @throws the system's error */
export async function writeRecord(directory: string, record: CrashRecord): Promise<number> {
  const file = fileOf(directory, record.id);
  const draft = `${file}${DRAFT}`;
  const bytes = Buffer.from(`${JSON.stringify(record, undefined, 1)}\n`);
  try {
    await fs.mkdir(directory, { mode: 0o700, recursive: true });
    await fs.writeFile(draft, bytes, { mode: 0o600 });
    await fs.rename(draft, file);
    return bytes.length;
  } catch (error) {
    await fs.rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

export async function removeRecord(directory: string, id: number): Promise<void> {
  await fs.rm(fileOf(directory, String(id)), { force: true });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await fs.readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function fileOf(directory: string, id: string): string {
  return path.join(directory, `${id}.json`);
}

function isId(id: string): boolean {
  return ID.test(id);
}

const DRAFT = ".new";
/** As numbers are written: whatever else may be asked for is no name of a file of ours. */
const ID = /^[1-9]\d{0,14}$/;
const NAME = /^([1-9]\d{0,14})\.json$/;
