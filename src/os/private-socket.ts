/** A Unix socket for this user alone. */
import type { Server } from "node:net";

/** The file is never there with another mode: whoever connects in between would be in. */
export function listenPrivately(server: Server, path: string): void {
  const mask = process.umask(0o177);
  try {
    server.listen(path); // Binds at once.
  } finally {
    process.umask(mask);
  }
}
