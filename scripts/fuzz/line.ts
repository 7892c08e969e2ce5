/** A connection from outside, on which anything may be written. */
import net from "node:net";
import tls from "node:tls";
import { tlsSettings } from "../../src/broker/tls.ts";

export type Target =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; port: number }
  /** `anonymous`: as Broker's peers have it. */
  | { kind: "tls"; port: number; anonymous: boolean };

/** Longer than anything may take that is not held up on purpose (ms). */
const PATIENCE_MS = 20_000;

export class Line {
  readonly socket: net.Socket;
  readonly closed: Promise<void>;
  isClosed = false;

  /** @param reads whether what comes is read, and forgotten; else it stays where it is */
  constructor(target: Target, reads = true) {
    this.socket = connect(target);
    this.socket.on("error", () => {}); // "close" follows.
    this.closed = new Promise((closed) => {
      this.socket.once("close", () => {
        this.isClosed = true;
        closed();
      });
    });
    if (reads) this.socket.resume();
    else this.socket.pause();
  }

  /**
   * Writes, and waits until there is room for more.
   * @returns whether it was taken; if not, the connection is closed, or nothing was taken in time (ms)
   */
  async write(bytes: Uint8Array, patience = PATIENCE_MS): Promise<"taken" | "closed" | "late"> {
    if (this.isClosed || this.socket.writableEnded) return "closed";
    if (this.socket.write(bytes)) return "taken";
    const { promise, resolve } = Promise.withResolvers<"taken" | "late">();
    const timer = setTimeout(() => resolve("late"), patience);
    const drained = () => resolve("taken");
    this.socket.once("drain", drained);
    const how = await Promise.race([promise, this.closed.then(() => "closed" as const)]);
    this.socket.off("drain", drained);
    clearTimeout(timer);
    return how;
  }

  /** @returns whether it was closed in time (ms) */
  async isClosedWithin(patience = PATIENCE_MS): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patience);
    });
    const closed = await Promise.race([late, this.closed.then(() => true)]);
    clearTimeout(timer);
    return closed;
  }
}

function connect(target: Target): net.Socket {
  switch (target.kind) {
    case "unix":
      return net.connect(target.path);
    case "tcp":
      return net.connect({ host: "127.0.0.1", port: target.port, noDelay: true });
    case "tls": {
      const settings = target.anonymous ? tlsSettings(true) : { rejectUnauthorized: false };
      return tls.connect({ host: "127.0.0.1", port: target.port, ...settings });
    }
    default:
      return target satisfies never;
  }
}
