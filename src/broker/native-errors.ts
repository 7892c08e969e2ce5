/** What went wrong with a socket, in words. */
import { getSystemErrorMessage } from "node:util";

/** @returns "connection refused" and the like, or the error's own message */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of several addresses that were tried, one is enough to tell.
  const one: NodeJS.ErrnoException =
    error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  if (typeof one.errno === "number") return getSystemErrorMessage(one.errno);
  return one.message;
}

/** "127.0.0.1:9999", "[::1]:9999". */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
