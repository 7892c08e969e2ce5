/** The two pipes between Coppice's Stem and a Zeek Stem, all four ends of which the latter wants. */
import fs from "node:fs";
import type net from "node:net";
import { Descriptors } from "../os/descriptors.ts";
import type { PipeFds, PipePool } from "../os/pipes.ts";
import {
  StemDecoder,
  type StemMessage,
  type StemPipes,
  stemVariable,
} from "../zeek/stem-protocol.ts";

/** The numbers under which a Zeek Stem finds them: the first after its standard streams. */
const PIPES: StemPipes = { in: { read: 3, write: 4 }, out: { read: 5, write: 6 } };
/** The value of ZEEK_STEM. */
export const STEM_VALUE = stemVariable(process.pid, PIPES);

export class ZeekLink {
  readonly #heard: (message: StemMessage) => void;
  readonly #decoder = new StemDecoder();
  readonly #fds = new Descriptors();
  #theirs: number[] = [];
  #incoming = -1;
  #outgoing = -1;
  #reader: net.Socket | undefined;
  #writer: net.Socket | undefined;

  constructor(heard: (message: StemMessage) => void) {
    this.#heard = heard;
  }

  /** @returns what to hand over, by number; @throws the system's error */
  open(pipes: PipePool): Map<number, number> {
    const [incoming, outgoing] = [this.#ends(pipes), this.#ends(pipes)];
    this.#theirs = [incoming.write, outgoing.read];
    [this.#incoming, this.#outgoing] = [incoming.read, outgoing.write];
    return new Map([
      [PIPES.in.read, incoming.read],
      [PIPES.in.write, incoming.write],
      [PIPES.out.read, outgoing.read],
      [PIPES.out.write, outgoing.write],
    ]);
  }

  /** The Zeek Stem has its ends: it is told something, and listened to. */
  begin(message: Uint8Array): void {
    for (const fd of this.#theirs) this.#fds.close(fd);
    this.#reader = this.#fds.stream(this.#incoming, "read");
    this.#reader.on("data", (bytes: Uint8Array) => this.#take(bytes));
    this.#writer = this.#fds.stream(this.#outgoing, "write");
    this.#writer.write(message);
  }

  /** The Zeek Stem has ended: what it said last is heard now. */
  drain(): void {
    if (this.#reader === undefined || this.#reader.destroyed) return;
    const bytes = Buffer.alloc(64 * 1024);
    try {
      for (let length = 1; length > 0; ) {
        length = fs.readSync(this.#incoming, bytes);
        this.#take(bytes.subarray(0, length));
      }
    } catch {
      // EAGAIN: there is no more.
    }
  }

  close(): void {
    this.#reader?.destroy();
    this.#writer?.destroy();
    this.#fds.closeAll();
  }

  #ends(pipes: PipePool): PipeFds {
    const ends = pipes.takeEnds();
    this.#fds.add(ends.read);
    this.#fds.add(ends.write);
    return ends;
  }

  #take(bytes: Uint8Array): void {
    for (const message of this.#decoder.push(bytes)) this.#heard(message);
  }
}
