/** Following output from afar: pieces come as long as we grant them, and become lines here. */
import { toBytes } from "../broker/text.ts";
import type { Value } from "../broker/values.ts";
import type { Following, FollowOptions, OutputLine } from "../core/api.ts";
import { CoppiceError } from "../errors.ts";
import type { Asking } from "./asking.ts";
import { LineReader } from "./line-reader.ts";
import type { OutputHead } from "./protocol.ts";

/** How much may be under way to us, or wait for the handler. Bytes. */
const WINDOW = 1024 * 1024;

/** What waits for the handler. */
interface Piece {
  lines(): OutputLine[];
  bytes: number;
}

export class RemoteFollowing implements Following {
  readonly ended: Promise<void>;
  readonly #asking: Asking;
  readonly #handler: (line: OutputLine) => unknown;
  readonly #options: FollowOptions;
  readonly #onEnd: () => void;
  #reader = new LineReader();
  /** Where each node's lines go on, should the connection break; unknown until we are told. */
  #positions: Map<string, number> | undefined;
  #instance = "";
  #id = "";
  readonly #queue: Piece[] = [];
  /** Bytes in the queue. */
  #queued = 0;
  #isReading = false;
  #isLast = false;
  #stopped = false;
  #settle: { resolve: () => void; reject: (error: unknown) => void } = {
    resolve() {},
    reject() {},
  };

  constructor(
    asking: Asking,
    handler: (line: OutputLine) => unknown,
    options: FollowOptions,
    onEnd: () => void,
  ) {
    this.#asking = asking;
    this.#handler = handler;
    this.#options = options;
    this.#onEnd = onEnd;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ended.catch(() => {}); // Whoever does not wait for it need not know.
  }

  /** Over this connection, and each that comes after it. @param instance which Supervisor is at its other end */
  begin(instance: string): void {
    if (this.#stopped) return;
    const { nodes = [], lines = 10, follow = true } = this.#options;
    this.#meet(instance);
    const isFirst = this.#positions === undefined;
    const { id, ended } = this.#asking.stream(
      "follow",
      {
        nodes,
        follow,
        from: Object.fromEntries(this.#positions ?? []),
        lines: isFirst && Number.isFinite(lines) ? lines : null,
        credit: WINDOW - this.#queued,
      },
      (args) => this.#take(id, args),
    );
    this.#id = id;
    ended.then(
      () => this.#finish(),
      (error: unknown) => {
        // A broken connection is made again; anything else is the end.
        if (!(error instanceof CoppiceError && error.code === "COPPICE_CONNECTION_LOST"))
          this.fail(error);
      },
    );
  }

  stop(): void {
    if (this.#stopped) return;
    this.#asking.tell("cancel", { id: this.#id });
    this.#end();
    this.#settle.resolve();
  }

  fail(error: unknown): void {
    if (this.#stopped) return;
    this.#asking.tell("cancel", { id: this.#id });
    this.#end();
    this.#settle.reject(error);
  }

  /** Another Supervisor's positions mean nothing here: all that it has kept is new. */
  #meet(instance: string): void {
    if (this.#instance !== instance && this.#positions !== undefined) {
      const reader = this.#reader;
      this.#put({ lines: () => reader.end(), bytes: 0 });
      this.#reader = new LineReader();
      this.#positions = new Map();
    }
    this.#instance = instance;
  }

  #take(id: string, [head, text]: readonly Value[]): void {
    if (this.#stopped || id !== this.#id || typeof head !== "string") return;
    if (typeof text !== "string") return this.#begun(JSON.parse(head) as { from: object });
    const chunk = { ...(JSON.parse(head) as OutputHead), bytes: toBytes(text) };
    this.#positions?.set(chunk.node, chunk.next);
    const reader = this.#reader;
    this.#put({ lines: () => reader.read(chunk), bytes: chunk.bytes.length });
  }

  /** From where the other side goes on: of nodes of which nothing has come, this is all we know. */
  #begun({ from }: { from: object }): void {
    this.#positions = new Map([...Object.entries(from), ...(this.#positions ?? [])]);
  }

  #put(piece: Piece): void {
    this.#queue.push(piece);
    this.#queued += piece.bytes;
    if (!this.#isReading) void this.#read();
  }

  /** One line after the other; whoever handles them may take time. */
  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
        for (const line of piece.lines()) {
          if (this.#stopped) return;
          const handled = this.#handler(line);
          if (handled instanceof Promise) await handled;
        }
        this.#queued -= piece.bytes;
        if (piece.bytes > 0) this.#asking.tell("grant", { id: this.#id, bytes: piece.bytes });
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isReading = false;
    }
    if (!this.#isLast || this.#stopped) return;
    this.#end();
    this.#settle.resolve();
  }

  #finish(): void {
    if (this.#isLast || this.#stopped) return;
    this.#isLast = true;
    const reader = this.#reader;
    this.#put({ lines: () => reader.end(), bytes: 0 });
  }

  #end(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#onEnd();
  }
}
