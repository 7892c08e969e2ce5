/** What one turn of the loop has to say goes out in one write, and wakes who reads it once. */
import type { Socket } from "node:net";

/** @returns what `write` does: false if the writer should wait */
export function writeTogether(socket: Socket, bytes: Uint8Array): boolean {
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  return socket.write(bytes);
}
