/** What the native peers need of sockets. */
import type { Socket } from "node:net";
import { getSystemErrorMessage } from "node:util";

/** @returns "connection refused" and the like, or the error's own message */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of several addresses that were tried, one is enough to tell.
  const one: NodeJS.ErrnoException =
    error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  if (typeof one.errno === "number") return getSystemErrorMessage(one.errno);
  // OpenSSL's own message has the line of its source that found it, and ends with a line's end.
  if ("reason" in one && typeof one.reason === "string") return one.reason;
  return one.message;
}

/** Has peers found out that are gone without a word, and small messages sent at once. */
export function keepAlive(socket: Socket): void {
  // Not as options: `tls.connect` does not heed them.
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

/**
 * Closes after what was written, without waiting for it for ever. What still comes in is read and
 * forgotten: a socket that is closed with something unread takes back what it has sent.
 */
export function hangUp(socket: Socket, linger = LINGER_MS): void {
  if (socket.destroyed) return;
  socket.resume();
  socket.end();
  // In steps, of which a stall of this process is one however long it was: nothing is sent in it.
  let steps = linger / LINGER_STEP_MS;
  const timer = setInterval(() => {
    if (--steps <= 0) socket.destroy();
  }, LINGER_STEP_MS);
  socket.once("close", () => clearInterval(timer));
}

/** Silence after which a peer is probed; it is lost if ten probes, a second apart, go unanswered. */
const KEEP_ALIVE_MS = 15_000;
/** How long what was written may take to be sent once the session is over, in milliseconds. */
const LINGER_MS = 1000;
const LINGER_STEP_MS = 100;
/** The same if the session was closed here: on a busy machine the peer may stand still for a while. */
export const LINGER_AFTER_CLOSE_MS = 5000;
