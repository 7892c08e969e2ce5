/** The Supervisor's end of the link: a socket in the state directory that only its Stem may use. */
import { timingSafeEqual } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { ProtocolError } from "../../errors.ts";
import { socketPath } from "../../os/socket-path.ts";
import { writeTogether } from "../../os/write-together.ts";
import { type Frame, FrameDecoder, FrameKind } from "../../wire/frames.ts";
import {
  type Channel,
  decodeMessage,
  encodeMessage,
  FROM_STEM,
  type FromStem,
  type ToStem,
} from "../../wire/stem-messages.ts";
import { places } from "../../wire/stem-setup.ts";
import type { OutputReceiver } from "../output/output-receiver.ts";

export interface LinkServerEvents {
  connected(): void;
  message(message: Exclude<FromStem, { type: "hello" }>): void;
  disconnected(): void;
}

/** A connection that does not say who it is in this time is closed. */
const HELLO_TIMEOUT_MS = 10_000;

export class LinkServer {
  readonly #server: net.Server;
  readonly #events: LinkServerEvents;
  readonly #output: OutputReceiver;
  readonly #sockets: Partial<Record<Channel, net.Socket>> = {};
  #token = "";
  #isHolding = false;
  #first: "awaited" | "gone" | "introduced" = "awaited";
  /** Has what came on output connections before that be read. */
  readonly #early = new Set<() => void>();

  constructor(output: OutputReceiver, events: LinkServerEvents) {
    this.#events = events;
    this.#output = output;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  /** @throws the system's error if the socket cannot be made */
  async listen(stateDirectory: string): Promise<void> {
    fs.rmSync(path.join(stateDirectory, places.socket), { force: true });
    await new Promise<void>((listening, failed) => {
      this.#server.once("error", failed);
      this.#server.listen(socketPath(stateDirectory, places.socket), listening);
    });
    this.#server.on("error", () => {});
  }

  /** From now on only a Stem with this token is let in. */
  expect(token: string): void {
    this.#token = token;
  }

  /** From now on nobody is let in: who comes is for the next Supervisor. */
  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
  }

  send(message: ToStem): void {
    const { control } = this.#sockets;
    if (control !== undefined) writeTogether(control, encodeMessage(message));
  }

  close(): void {
    this.#server.close();
    for (const socket of Object.values(this.#sockets)) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    const decoder = new FrameDecoder();
    const timeout = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    let receive = (frames: Frame[]): void => {
      const [hello, ...rest] = frames;
      if (hello === undefined) return;
      clearTimeout(timeout);
      const channel = this.#admit(hello, socket);
      receive = channel === "output" ? this.#takeOutput(socket) : this.#takeMessages(socket);
      receive(rest);
    };
    socket.on("error", () => {});
    socket.once("close", () => clearTimeout(timeout));
    socket.on("data", (bytes) => {
      try {
        receive(decoder.push(bytes));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        // Whoever it was: a Stem of ours connects again and starts from a known state.
        socket.destroy();
      }
    });
  }

  /** @throws ProtocolError if this is not our Stem */
  #admit({ kind, payload }: Frame, socket: net.Socket): Channel {
    if (kind !== FrameKind.message) throw new ProtocolError("no hello");
    const hello = decodeMessage<FromStem>(payload, ["hello"]);
    if (this.#isHolding) throw new ProtocolError("not now");
    if (hello.type !== "hello" || !isEqual(hello.token, this.#token))
      throw new ProtocolError("not our Stem");
    this.#sockets[hello.channel]?.destroy();
    this.#sockets[hello.channel] = socket;
    return hello.channel;
  }

  #takeMessages(socket: net.Socket): (frames: Frame[]) => void {
    if (this.#first === "gone") this.#first = "awaited";
    this.#events.connected();
    socket.once("close", () => {
      if (this.#sockets.control !== socket) return;
      delete this.#sockets.control;
      this.#events.disconnected();
      // Another one may be long in coming, and has other nodes.
      if (this.#first === "awaited") this.#readOutput("gone");
    });
    return (frames) => {
      for (const { payload } of frames) {
        const message = decodeMessage<FromStem>(payload, FROM_STEM);
        if (message.type === "hello") continue;
        this.#events.message(message);
        if (message.type === "synced" && this.#first !== "introduced")
          this.#readOutput("introduced");
      }
    };
  }

  /**
   * Output that is read before the first Stem has said what it has is of nodes that nobody here knows: what
   * is looked for in it would be missed.
   */
  #takeOutput(socket: net.Socket): (frames: Frame[]) => void {
    const early: Frame[] = [];
    const read = (): void => {
      this.#early.delete(read);
      // Before the sinks can have it pause again.
      socket.resume();
      try {
        for (const { payload } of early.splice(0)) take(payload);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        socket.destroy();
      }
    };
    // What has come belongs before the end, of which the receiver hears next.
    socket.once("close", read);
    const take = this.#output.connection(socket);
    return (frames) => {
      if (this.#first === "awaited") {
        early.push(...frames);
        socket.pause();
        this.#early.add(read);
      } else for (const { payload } of frames) take(payload);
    };
  }

  #readOutput(first: "gone" | "introduced"): void {
    this.#first = first;
    for (const read of [...this.#early]) read();
  }
}

function isEqual(given: unknown, token: string): boolean {
  if (typeof given !== "string" || token === "") return false;
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
