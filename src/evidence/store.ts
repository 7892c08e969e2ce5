/** Keeps the records on disk, within their limits: one thing after the other, and never in anybody's way. */
import { type CrashNext, type CrashRecord, type CrashSummary, summaryOf } from "../core/crash.ts";
import { errnoText } from "../os/tools.ts";
import {
  inOrder,
  listIds,
  listRecords,
  readRecord,
  removeDrafts,
  removeRecord,
  writeRecord,
} from "./files.ts";
import { type Limits, surplus } from "./retention.ts";

interface Known {
  size: number;
  summary?: CrashSummary | undefined;
}

export class Store {
  readonly #directory: string;
  readonly #limits: Limits;
  readonly #say: (text: string) => void;
  /** The last of what is to be done. */
  #work: Promise<unknown> = Promise.resolve();
  /** By id; there once the directory was looked at. */
  #records: Map<number, Known> | undefined;
  #lastId = 0;
  #isFailing = false;

  /** @param say tells that records cannot be written, once until they can */
  constructor(directory: string, limits: Limits, say: (text: string) => void) {
    this.#directory = directory;
    this.#limits = limits;
    this.#say = say;
  }

  /** Gives a record its id, and keeps it if that can be. Never rejects. */
  add(record: Omit<CrashRecord, "id">): Promise<CrashRecord> {
    return this.#do(async () => {
      const records = await this.#load();
      this.#lastId++;
      const whole: CrashRecord = { id: String(this.#lastId), ...record };
      if (this.#limits.keep > 0) await this.#write(whole, records);
      return whole;
    });
  }

  /** What came next is known now. Never rejects; a record that is gone stays so. */
  update(id: string, next: CrashNext): Promise<void> {
    return this.#do(async () => {
      const records = await this.#load();
      const record = records.has(Number(id)) ? await this.#read(id) : undefined;
      if (record !== undefined) await this.#write({ ...record, next }, records);
    });
  }

  /** The oldest first; "" is of all nodes. Never rejects. */
  list(node: string): Promise<CrashSummary[]> {
    return this.#do(async () => {
      const records = await this.#load();
      const found: CrashSummary[] = [];
      // Somebody may have removed some.
      const present = new Set(await listIds(this.#directory).catch(() => []));
      for (const [id, known] of [...records]) {
        known.summary = present.has(id)
          ? (known.summary ?? (await this.#summaryOf(id)))
          : undefined;
        if (known.summary === undefined) records.delete(id);
        else if (node === "" || known.summary.node === node) found.push(known.summary);
      }
      return found.sort(inOrder);
    });
  }

  /** Undefined if there is none of that id. Never rejects. */
  get(id: string): Promise<CrashRecord | undefined> {
    return this.#do(() => this.#read(id));
  }

  #do<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#work.then(act);
    this.#work = done.catch(() => {});
    return done;
  }

  async #load(): Promise<Map<number, Known>> {
    if (this.#records !== undefined) return this.#records;
    await removeDrafts(this.#directory);
    const files = await listRecords(this.#directory).catch(() => []);
    this.#records = new Map(files.map(({ id, size }) => [id, { size }]));
    this.#lastId = files.at(-1)?.id ?? 0;
    return this.#records;
  }

  async #write(record: CrashRecord, records: Map<number, Known>): Promise<void> {
    try {
      const size = await writeRecord(this.#directory, record);
      records.set(Number(record.id), { size, summary: summaryOf(record) });
      this.#isFailing = false;
      const files = [...records].map(([id, known]) => ({ id, size: known.size }));
      for (const id of surplus(files, this.#limits)) {
        records.delete(id);
        await removeRecord(this.#directory, id);
      }
    } catch (error) {
      if (!this.#isFailing) {
        const reason = errnoText(error as NodeJS.ErrnoException);
        this.#say(
          `warning: cannot write records of crashes in ${this.#directory}: ${reason}; they are lost until that can be done`,
        );
      }
      this.#isFailing = true;
    }
  }

  #read(id: string): Promise<CrashRecord | undefined> {
    return readRecord(this.#directory, id).catch(() => undefined);
  }

  async #summaryOf(id: number): Promise<CrashSummary | undefined> {
    const record = await this.#read(String(id));
    return record && summaryOf(record);
  }
}
