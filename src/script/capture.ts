/** One tcpdump and the packets that come from it. It is read only as fast as they are taken. */
import type { Exit } from "../core/revival.ts";
import type { PacketError } from "../errors.ts";
import type { Companion } from "../os/spawn.ts";
import { errnoText } from "../os/tools.ts";
import { within } from "../os/within.ts";
import { type Packet, SavefileDecoder } from "../packets/savefile.ts";
import { type CaptureRequest, TcpdumpWords } from "../packets/tcpdump.ts";
import type { PacketCounts } from "./packets.ts";
import { endOf, failureOf, sourceError, startTcpdump, type Tcpdump } from "./tcpdump.ts";

type Result = IteratorResult<Packet, undefined>;

export class Capture {
  readonly #request: CaptureRequest;
  readonly #decoder: SavefileDecoder;
  readonly #words = new TcpdumpWords();
  #tcpdump: Tcpdump | undefined;
  /** Decoded, and from `#at` on not taken yet. */
  #batch: Packet[] = [];
  #at = 0;
  #given = 0;
  /** Bytes that were read though nobody had asked for packets. */
  #ahead = 0;
  /** Whoever asked for a packet when there was none. */
  readonly #waiters: PromiseWithResolvers<Result>[] = [];
  /** Resolves once tcpdump listens, or never will. */
  readonly #settled = Promise.withResolvers<void>();
  /** Statistics that tcpdump was asked for: how often it had told them before, and who waits. */
  #asked: { seen: number; answered: PromiseWithResolvers<void> } | undefined;
  /** Nothing more is read. An error goes to whoever asks next. */
  #over: { error?: PacketError } | undefined;
  #gone: Promise<void> = Promise.resolve();
  #isGone = false;

  constructor(request: CaptureRequest) {
    this.#request = request;
    this.#decoder = new SavefileDecoder(request.snapLength);
  }

  next(): Promise<Result> {
    const packet = this.#batch[this.#at];
    if (packet !== undefined) return Promise.resolve({ done: false, value: this.#give(packet) });
    if (this.#over === undefined && this.#tcpdump === undefined) this.#start();
    if (this.#over !== undefined) return this.#last(this.#over);
    const waiter = Promise.withResolvers<Result>();
    this.#waiters.push(waiter);
    this.#pump();
    return waiter.promise;
  }

  /** @throws PacketError (rejection) if tcpdump does not tell */
  async counts(): Promise<PacketCounts> {
    if (this.#request.isLive && this.#tcpdump !== undefined && this.#over === undefined) {
      await this.#ask(this.#tcpdump);
    }
    const { received, ...dropped } = this.#words.statistics;
    const captured = this.#given;
    return { received: this.#request.isLive ? received : captured, captured, ...dropped };
  }

  async close(): Promise<void> {
    this.#finish({});
    this.#batch = [];
    await this.#gone;
  }

  #start(): void {
    let tcpdump: Tcpdump;
    try {
      tcpdump = startTcpdump(this.#request, this);
    } catch (error) {
      this.#over = { error: error as PacketError };
      return;
    }
    this.#tcpdump = tcpdump;
    tcpdump.stdout.on("readable", () => this.#pump());
    tcpdump.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#words.push(text);
      this.#answer();
    });
    this.#gone = tcpdump.ended.then(
      (exit) => this.#ended(this.#problemOf(exit, tcpdump)),
      (error: NodeJS.ErrnoException) => this.#ended(this.#error(errnoText(error))),
    );
  }

  #ended(error: PacketError | undefined): void {
    this.#isGone = true;
    this.#finish(error === undefined ? {} : { error });
    this.#answer();
  }

  /** Reads on while somebody waits for packets, or for an answer that a full pipe would hold up. */
  #pump(): void {
    while (this.#tcpdump !== undefined && this.#isReading()) {
      const chunk: Buffer | null = this.#tcpdump.stdout.read();
      if (chunk === null) return;
      if (this.#over === undefined) this.#decode(chunk);
    }
  }

  #isReading(): boolean {
    if (this.#over !== undefined || this.#waiters.length > 0) return true;
    return this.#asked !== undefined && this.#ahead < MOST_AHEAD;
  }

  #decode(chunk: Buffer): void {
    let packets: Packet[];
    try {
      packets = this.#decoder.push(chunk);
    } catch (error) {
      this.#finish({ error: this.#error((error as Error).message) });
      return;
    }
    if (this.#waiters.length === 0) this.#ahead += chunk.length;
    this.#batch = this.#at < this.#batch.length ? [...this.#left(), ...packets] : packets;
    this.#at = 0;
    while (this.#waiters.length > 0) {
      const packet = this.#batch[this.#at];
      if (packet === undefined) return;
      this.#waiters.shift()?.resolve({ done: false, value: this.#give(packet) });
    }
  }

  #left(): Packet[] {
    return this.#batch.slice(this.#at);
  }

  #give(packet: Packet): Packet {
    this.#at += 1;
    this.#given += 1;
    if (this.#at === this.#batch.length) this.#ahead = 0;
    return packet;
  }

  /** Only the first end counts. Whatever runs then is ended, and what it still says is thrown away. */
  #finish(over: { error?: PacketError }): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    this.#settled.resolve();
    for (const waiter of this.#waiters.splice(0))
      this.#last(over).then(waiter.resolve, waiter.reject);
    if (this.#tcpdump !== undefined && !this.#isGone) this.#gone = this.#end(this.#tcpdump);
  }

  async #end(tcpdump: Companion): Promise<void> {
    const gone = this.#gone;
    tcpdump.kill("SIGTERM");
    // It waits for us while its pipe is full.
    this.#pump();
    await within(END_MS, gone, () => tcpdump.kill("SIGKILL"));
    await gone;
  }

  /** The end as the next asker learns of it: an error only once. */
  #last(over: { error?: PacketError }): Promise<Result> {
    const { error } = over;
    if (error === undefined) return Promise.resolve({ done: true, value: undefined });
    delete over.error;
    return Promise.reject(error);
  }

  /** Has tcpdump tell its statistics; whoever asks meanwhile gets the same answer. */
  async #ask(tcpdump: Companion): Promise<void> {
    await this.#settled.promise;
    if (this.#over !== undefined) return;
    if (this.#asked === undefined) {
      this.#asked = { seen: this.#words.told, answered: Promise.withResolvers<void>() };
      tcpdump.kill("SIGUSR1");
      this.#pump();
    }
    const asked = this.#asked;
    try {
      await within(ANSWER_MS, asked.answered.promise, () => this.#lateAnswer(asked.answered));
    } finally {
      // Of several that waited for it, another may have asked again.
      if (this.#asked === asked) this.#asked = undefined;
    }
  }

  /** Nothing was told so far. */
  async #lateAnswer({ promise }: PromiseWithResolvers<void>): Promise<void> {
    // It cannot tell while it waits for a reader that has enough: the counts are those told last.
    if (this.#ahead >= MOST_AHEAD) return;
    await within(PATIENCE_MS, promise, () => {
      if (this.#ahead >= MOST_AHEAD) return;
      const seconds = (ANSWER_MS + PATIENCE_MS) / 1000;
      throw this.#error(`tcpdump did not tell its counts within ${seconds} s`);
    });
  }

  /** Whoever waits for tcpdump's word has it, or will get none. */
  #answer(): void {
    const isOver = this.#over !== undefined;
    if (isOver || this.#words.isListening) this.#settled.resolve();
    if (this.#asked === undefined) return;
    if (isOver || this.#words.told > this.#asked.seen) this.#asked.answered.resolve();
  }

  #problemOf(exit: Exit, tcpdump: Tcpdump): PacketError | undefined {
    const failure = failureOf(this.#request, exit, tcpdump.file, this.#words);
    if (failure !== undefined) return failure;
    try {
      this.#decoder.end();
    } catch (error) {
      return this.#error((error as Error).message);
    }
    return endOf(this.#request);
  }

  #error(reason: string): PacketError {
    return sourceError(this.#request, reason);
  }
}

/** A packet's copy costs some 100 bytes more than itself. */
const MOST_AHEAD = 256 * 1024;
const ANSWER_MS = 1_000;
/** How much longer one is waited for that is merely slow. */
const PATIENCE_MS = 9_000;
/** Short of what all of a process's closing may take. */
const END_MS = 500;
