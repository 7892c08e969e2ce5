/** The Stem's end of the link: two connections, made again for as long as the Supervisor lives. */
import net from "node:net";
import { socketPath } from "../os/socket-path.ts";
import { writeTogether } from "../os/write-together.ts";
import { FrameDecoder, FrameKind } from "../wire/frames.ts";
import {
  type Channel,
  decodeMessage,
  encodeMessage,
  type FromStem,
  type Hold,
  type Order,
  TO_STEM,
  type ToStem,
  type Welcome,
} from "../wire/stem-messages.ts";
import { places, type StemSetup } from "../wire/stem-setup.ts";

export interface LinkEvents {
  /** A Supervisor has let both connections in, and said so: it takes what is sent. */
  connected(output: net.Socket, welcome: Welcome): void;
  command(message: Hold | Order): void;
  disconnected(): void;
  /** Asked before every attempt: whether there still is a Supervisor to connect to. */
  isOrphaned(): boolean;
  orphaned(): void;
  /** Whether one is about to be there. */
  isExpecting(): boolean;
}

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 1_000;
/** While a Supervisor replaces itself, nodes that print may be waiting for it. */
const EXPECTING_RETRY_MS = 5;
/** Some 50 MB of reports, or a thousand nodes with the largest layouts. */
const MAX_UNREAD = 100_000;

export class StemLink {
  readonly #setup: StemSetup;
  readonly #events: LinkEvents;
  readonly #path: string;
  #control: net.Socket | undefined;
  #output: net.Socket | undefined;
  #retry = FIRST_RETRY_MS;
  #closed = false;
  /** Those that close once they have said all that they had to say. */
  #leaving: net.Socket[] = [];
  /** Messages that were sent since the Supervisor last kept up. */
  #unread = 0;

  constructor(setup: StemSetup, events: LinkEvents) {
    this.#setup = setup;
    this.#events = events;
    this.#path = socketPath(setup.stateDirectory, places.socket);
  }

  connect(): void {
    if (this.#closed) return;
    if (this.#events.isOrphaned()) return this.#events.orphaned();
    const sockets = [this.#open("control"), this.#open("output")] as const;
    let open = 0;
    let closed = 0;
    let lost = false;
    const lose = (): void => {
      if (lost) return;
      lost = true;
      for (const socket of sockets) socket.destroy();
      this.#lose();
    };
    for (const socket of sockets) {
      socket.on("error", () => {});
      socket.once("close", () => {
        closed++;
        // What one of them still has to say is not lost because the other is done.
        if (!this.#leaving.includes(socket) || closed === sockets.length) lose();
      });
      socket.once("connect", () => {
        open++;
        if (open === sockets.length && !lost) this.#connected(...sockets, lose);
      });
    }
  }

  /** @returns false if there is no connection */
  send(message: FromStem): boolean {
    const control = this.#control;
    if (control === undefined) return false;
    this.#unread = writeTogether(control, encodeMessage(message)) ? 0 : this.#unread + 1;
    // A Supervisor that has stopped reading for so long asks for everything again later.
    if (this.#unread > MAX_UNREAD) control.destroy();
    return true;
  }

  /** Says all there is to say, and closes; then it is connected again. */
  hold(): void {
    const sockets = [this.#control, this.#output].filter((socket) => socket !== undefined);
    this.#leaving = sockets;
    // From here on nothing would arrive any more.
    this.#control = undefined;
    for (const socket of sockets) socket.end();
  }

  /** Says all there is to say, then closes and calls back. */
  finish(callback: () => void): void {
    this.#closed = true;
    const sockets = [this.#control, this.#output].filter((socket) => socket !== undefined);
    let left = sockets.length;
    if (left === 0) return callback();
    for (const socket of sockets) {
      socket.once("close", () => {
        left--;
        if (left === 0) callback();
      });
      socket.end();
    }
  }

  #open(channel: Channel): net.Socket {
    const socket = net.connect(this.#path);
    const { token } = this.#setup;
    socket.write(encodeMessage({ type: "hello", channel, token, pid: process.pid }));
    return socket;
  }

  #connected(control: net.Socket, output: net.Socket, lose: () => void): void {
    const decoder = new FrameDecoder();
    control.on("data", (bytes) => {
      try {
        for (const { kind, payload } of decoder.push(bytes)) {
          if (kind !== FrameKind.message) continue;
          const message = decodeMessage<ToStem>(payload, TO_STEM);
          if (message.type === "welcome") this.#welcomed(control, output, message);
          else this.#events.command(message);
        }
      } catch {
        // Not our protocol: a new connection starts from a known state.
        lose();
      }
    });
    output.resume();
  }

  /** Not before: what nobody has taken yet would be lost with the connection. */
  #welcomed(control: net.Socket, output: net.Socket, welcome: Welcome): void {
    this.#control = control;
    this.#output = output;
    this.#retry = FIRST_RETRY_MS;
    this.#events.connected(output, welcome);
  }

  #lose(): void {
    const wasConnected = this.#output !== undefined;
    this.#control = undefined;
    this.#output = undefined;
    if (this.#closed) return;
    this.#leaving = [];
    if (wasConnected) this.#events.disconnected();
    setTimeout(() => this.connect(), this.#retry);
    const longest = this.#events.isExpecting() ? EXPECTING_RETRY_MS : LONGEST_RETRY_MS;
    this.#retry = Math.min(this.#retry * 2, longest);
  }
}
