/** Descriptors that are ours to close, so that none is forgotten and none is closed twice. */
import fs from "node:fs";
import net from "node:net";

export class Descriptors {
  readonly #open = new Set<number>();

  add(fd: number): number {
    this.#open.add(fd);
    return fd;
  }

  /** From now on it is somebody else's. */
  release(fd: number): number {
    this.#open.delete(fd);
    return fd;
  }

  /** From now on it is the stream's, which closes it at its end. */
  stream(fd: number, way: "read" | "write"): net.Socket {
    const readable = way === "read";
    const socket = new net.Socket({ fd: this.release(fd), readable, writable: !readable });
    // That the other side has gone is found out in other ways.
    socket.on("error", () => {});
    return socket;
  }

  close(fd: number): void {
    if (this.#open.delete(fd)) fs.closeSync(fd);
  }

  closeAll(): void {
    for (const fd of [...this.#open]) this.close(fd);
  }
}
