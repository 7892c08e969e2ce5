/** Following output from afar: pieces come as long as we grant them, and become lines here. */
import { toBytes } from "../broker/text.ts";
import type { Value } from "../broker/values.ts";
import type { Following, FollowOptions, OutputLine } from "../core/api.ts";
import { CoppiceError } from "../errors.ts";
import type { CoppiceRemote, Ongoing } from "./coppice-remote.ts";
import type { Chunk } from "./follower.ts";
import { LineReader } from "./line-reader.ts";
import type { OutputHead } from "./protocol.ts";

/** How much may be under way to us. Bytes. */
const WINDOW = 1024 * 1024;

export class RemoteFollowing implements Following, Ongoing {
  readonly ended: Promise<void>;
  readonly #remote: CoppiceRemote;
  readonly #handler: (line: OutputLine) => unknown;
  readonly #options: FollowOptions;
  readonly #onEnd: () => void;
  readonly #reader = new LineReader();
  /** Where each node's lines go on, should the connection break. */
  #positions: Record<string, number> = {};
  #instance = "";
  #id = "";
  #queue: Chunk[] = [];
  #isReading = false;
  #isLast = false;
  #stopped = false;
  #settle: { resolve: () => void; reject: (error: unknown) => void } = {
    resolve() {},
    reject() {},
  };

  constructor(
    remote: CoppiceRemote,
    handler: (line: OutputLine) => unknown,
    options: FollowOptions,
    onEnd: () => void,
  ) {
    this.#remote = remote;
    this.#handler = handler;
    this.#options = options;
    this.#onEnd = onEnd;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  begin(): void {
    if (this.#stopped) return;
    const { nodes = [], lines = 10, follow = true } = this.#options;
    const isFirst = this.#instance === "";
    // Another Supervisor's positions mean nothing here: all that it has kept is new.
    if (this.#instance !== this.#remote.instance) this.#positions = {};
    this.#instance = this.#remote.instance;
    const { id, ended } = this.#remote.stream(
      "follow",
      {
        nodes,
        follow,
        from: this.#positions,
        lines: isFirst && Number.isFinite(lines) ? lines : null,
        credit: WINDOW,
      },
      ([head, text]) => this.#take(id, head, text),
    );
    this.#id = id;
    ended.then(
      () => this.#finish(),
      (error: unknown) => {
        // A broken connection is made again; anything else is the end.
        if (!(error instanceof CoppiceError && error.code === "COPPICE_CONNECTION_LOST"))
          this.#fail(error);
      },
    );
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#remote.tell("cancel", { id: this.#id });
    this.#queue = [];
    this.#onEnd();
    this.#settle.resolve();
  }

  #take(id: string, head: Value | undefined, text: Value | undefined): void {
    if (this.#stopped || id !== this.#id) return;
    if (typeof head !== "string" || typeof text !== "string") return;
    const chunk = { ...(JSON.parse(head) as OutputHead), bytes: toBytes(text) };
    this.#positions[chunk.node] = chunk.next;
    this.#queue.push(chunk);
    if (!this.#isReading) void this.#read();
  }

  /** One line after the other; whoever handles them may take time. */
  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
        for (const line of this.#reader.read(chunk)) {
          if (this.#stopped) return;
          const handled = this.#handler(line);
          if (handled instanceof Promise) await handled;
        }
        this.#remote.tell("grant", { id: this.#id, bytes: chunk.bytes.length });
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReading = false;
    }
    if (this.#isLast) this.#finish();
  }

  #finish(): void {
    this.#isLast = true;
    if (this.#isReading || this.#stopped) return;
    this.#stopped = true;
    this.#onEnd();
    this.#settle.resolve();
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#settle.reject(error);
  }
}
