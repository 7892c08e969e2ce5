/**
 * Makes a record of a crash: waits until all that the process printed is there, or has had its time to
 * come, looks at what else it has left, and has it written. What comes next is added when it is known.
 */
import path from "node:path";
import type {
  CrashNext,
  CrashOutput,
  CrashRecord,
  CrashSummary,
  CrashUsage,
} from "../core/crash.ts";
import type { Clock } from "../os/clock.ts";
import { findCore } from "../os/core-file.ts";
import { within } from "../os/within.ts";
import { fileEnd } from "./file-end.ts";
import type { Spans } from "./file-spans.ts";
import type { Held, LastWords, Stream } from "./last-words.ts";
import type { Sampled } from "./sampler.ts";

export interface RecorderPorts {
  clock: Clock;
  /** What relative names of directories are relative to: absolute. */
  here: string;
  /** Loaded when the first record is made or asked for. */
  store(): Promise<{
    add(record: Omit<CrashRecord, "id">): Promise<CrashRecord>;
    update(id: string, next: CrashNext): Promise<void>;
    list(node: string): Promise<CrashSummary[]>;
    get(id: string): Promise<CrashRecord | undefined>;
  }>;
  /** A record was made, and written if that could be. */
  crashed(record: CrashRecord): Promise<void>;
  say(text: string): void;
}

/** A crash that is to be recorded. */
export interface Crash {
  facts: Omit<CrashRecord, "id" | "stdout" | "stderr" | "next" | "usage">;
  /** Its process's words; unset for a start that failed: what is said of it may yet come. */
  held: Held | undefined;
  /** What it has written to files. */
  files: Spans;
  /** The streams that come to us, and not to files. */
  streams: Stream[];
  /** What was seen last of what it used. */
  sample: Sampled | undefined;
  /** What comes next, which may change as long as it waits. */
  next: CrashNext;
  /** There once the record has one. */
  id?: string;
}

/** How many of the last lines of each stream a record has. */
export const LINES = 200;
/** A stream that somebody else holds open, or that we do not come to read, is waited for no longer. */
const STREAMS_MS = 5_000;
/** What is said of a failed start comes over another connection than the news of it. */
const NOTE_MS = 1_000;
/** How long the news of what a process has used may take after that of its end. */
const USED_MS = 500;
/** Records in the making, each of which holds the last lines of its streams. */
const MOST = 64;

export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #words: LastWords;
  /** Those whose words are waited for, and what ends that. */
  readonly #waiting = new Map<Crash, () => void>();
  /** Records that are being written, or written again. */
  readonly #writing = new Set<Promise<void>>();
  /** Those who want to know what a process has used; by pid and node. */
  readonly #awaitsUse = new Map<string, (cpu: number | undefined) => void>();

  constructor(ports: RecorderPorts, words: LastWords) {
    this.#ports = ports;
    this.#words = words;
  }

  /** Whether as many are in the making as there is room for. */
  get isFull(): boolean {
    return this.#waiting.size + this.#writing.size >= MOST;
  }

  record(crash: Crash): void {
    const { clock } = this.#ports;
    const { node, pid } = crash.facts;
    const use = Promise.withResolvers<number | undefined>();
    if (pid === undefined) use.resolve(undefined);
    else this.#awaitsUse.set(`${pid} ${node}`, use.resolve);
    const ms = crash.held === undefined ? NOTE_MS : STREAMS_MS;
    // After a stall of ours it may be there, unread yet.
    const cancel = clock.at(clock.now() + ms, () => setImmediate(finish));
    const finish = (): void => {
      cancel();
      if (this.#waiting.delete(crash)) this.#write(() => this.#make(crash, use.promise));
    };
    this.#waiting.set(crash, finish);
    this.heard(node);
  }

  /** Something that may have been waited for has come of a node. */
  heard(node: string): void {
    for (const [{ facts, held, streams }, finish] of [...this.#waiting]) {
      if (facts.node !== node) continue;
      const isThere =
        held === undefined ? this.#words.hasNotes(node) : this.#words.hasEnded(held, streams);
      if (isThere) finish();
    }
  }

  /** The CPU time of a process that has ended, in milliseconds, if it is known. */
  used(node: string, pid: number, cpu: number | undefined): void {
    this.#awaitsUse.get(`${pid} ${node}`)?.(cpu);
  }

  /** Nothing more will come: what is waited for is recorded as it is. */
  flush(): void {
    for (const finish of [...this.#waiting.values()]) finish();
  }

  /** It is known what comes next. */
  settle(crash: Crash, next: CrashNext): void {
    crash.next = next;
    const { id } = crash;
    // A disk that does not get on with it is given no more.
    if (id === undefined || this.#writing.size >= 2 * MOST) return;
    this.#write(async () => (await this.#ports.store()).update(id, next));
  }

  /** Resolves when all is written, or after `ms`. */
  async close(ms: number): Promise<void> {
    this.flush();
    for (const tell of this.#awaitsUse.values()) tell(undefined);
    await within(ms, Promise.all(this.#writing), () => {});
  }

  /** What is written is nobody's to wait for, but at the end. */
  #write(act: () => Promise<void>): void {
    const writing = act().catch((error: Error) =>
      this.#ports.say(`error: a record of a crash could not be made: ${error.message}`),
    );
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  async #make(crash: Crash, use: Promise<number | undefined>): Promise<void> {
    const { facts, files } = crash;
    const printed = await this.#printed(crash);
    const [stdout, stderr, core, usage] = await Promise.all([
      files.stdout === undefined ? printed.stdout : fileEnd(files.stdout, LINES),
      files.stderr === undefined ? printed.stderr : fileEnd(files.stderr, LINES),
      this.#core(facts),
      this.#usage(crash, use),
    ]);
    const store = await this.#ports.store();
    const { next } = crash;
    const record = await store.add({ ...facts, ...core, ...usage, next, stdout, stderr });
    crash.id = record.id;
    await this.#ports.crashed({ ...record, next: crash.next });
    if (crash.next !== next) await store.update(record.id, crash.next);
  }

  async #printed({ facts, held, streams }: Crash): Promise<Record<Stream, CrashOutput>> {
    const life = held ?? this.#words.dies(facts.node, 0);
    // News that came at the same time is heard first: whose process has printed what.
    if (held !== undefined) await new Promise((turn) => setImmediate(turn));
    const said = (stream: Stream): CrashOutput => ({
      ...this.#words.last(life, stream, LINES),
      complete: held === undefined || this.#words.hasEnded(life, [stream]),
    });
    const printed = { stdout: said("stdout"), stderr: said("stderr") };
    this.#words.letGo(life, streams);
    return printed;
  }

  /** Where nobody can tell what it has used in all, what was seen last counts. */
  async #usage(
    { facts: { node, pid }, sample }: Crash,
    use: Promise<number | undefined>,
  ): Promise<{ usage?: CrashUsage }> {
    const cpu = await within(USED_MS, use, () => undefined);
    this.#awaitsUse.delete(`${pid} ${node}`);
    if (cpu !== undefined) return { usage: { ...sample, cpu, isFinal: true } };
    return sample === undefined ? {} : { usage: { ...sample, isFinal: false } };
  }

  async #core({
    pid,
    exit,
    startedAt,
    config,
  }: Crash["facts"]): Promise<Pick<CrashRecord, "coreFile" | "noCore">> {
    if (pid === undefined || exit.signal === undefined || startedAt === undefined) return {};
    const directory = path.resolve(this.#ports.here, config.directory ?? ".");
    const { file, why } = await findCore({ pid, directory, startedAt, signal: exit.signal });
    return {
      ...(file === undefined ? {} : { coreFile: file }),
      ...(why === undefined ? {} : { noCore: why }),
    };
  }
}
