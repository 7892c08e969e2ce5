/** Lines of nodes' output, as they come; begun again where it was when the connection was broken. */
import { toBytes } from "../../broker/text.ts";
import { LineReader } from "../../control/line-reader.ts";
import type { OutputHead } from "../../control/protocol.ts";
import type { OutputLine } from "../../core/api.ts";
import type { Connection } from "./connection.ts";

export interface FollowOptions {
  /** Empty: all. */
  nodes: readonly string[];
  /** Of each node's last lines. */
  lines: number;
}

export class Follow {
  readonly #connection: Connection;
  readonly #options: FollowOptions;
  readonly #take: (lines: OutputLine[]) => void;
  readonly #reader = new LineReader();
  #positions: Map<string, number> | undefined;
  #instance: string | undefined;
  #id = "";
  #isStopped = false;
  /** Bytes that were read and not granted again yet. */
  #taken = 0;
  #granting: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, options: FollowOptions, take: (lines: OutputLine[]) => void) {
    this.#connection = connection;
    this.#options = options;
    this.#take = take;
  }

  /** @param instance which Supervisor it is: another one's positions mean nothing */
  begin(instance: string): void {
    if (this.#isStopped) return;
    if (this.#instance !== undefined && this.#instance !== instance) this.#positions = new Map();
    this.#instance = instance;
    const { nodes, lines } = this.#options;
    const params = {
      nodes,
      follow: true,
      credit: WINDOW,
      lines: this.#positions === undefined ? lines : null,
      from: Object.fromEntries(this.#positions ?? []),
    };
    const { id, ended } = this.#connection.stream("follow", params, (args) => {
      if (id === this.#id) this.#read(args);
    });
    this.#id = id;
    this.#taken = 0;
    ended.catch(() => {});
  }

  stop(): void {
    this.#isStopped = true;
    this.#connection.tell("cancel", { id: this.#id });
  }

  #read([head, text]: string[]): void {
    if (this.#isStopped || head === undefined) return;
    if (text === undefined) {
      const { from } = JSON.parse(head) as { from: Record<string, number> };
      this.#positions = new Map([...Object.entries(from), ...(this.#positions ?? [])]);
      return;
    }
    const chunk = { ...(JSON.parse(head) as OutputHead), bytes: toBytes(text) };
    this.#positions?.set(chunk.node, chunk.next);
    const lines = this.#reader.read(chunk);
    if (lines.length > 0) this.#take(lines);
    this.#grant(chunk.bytes.length);
  }

  /** Not at once: however much a node prints, the page takes no more than it can show. */
  #grant(bytes: number): void {
    this.#taken += bytes;
    this.#granting ??= setTimeout(() => {
      this.#granting = undefined;
      if (!this.#isStopped) this.#connection.tell("grant", { id: this.#id, bytes: this.#taken });
      this.#taken = 0;
    }, GRANT_MS);
  }
}

/** How much may be under way to us. Bytes. */
const WINDOW = 256 * 1024;
const GRANT_MS = 100;
