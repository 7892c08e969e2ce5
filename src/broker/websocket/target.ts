/** Where a WebSocket server is. */
import path from "node:path";
import { UsageError } from "../../errors.ts";
import { PATH } from "./protocol.ts";

export interface Target {
  /** ws://… or wss://…; for a Unix socket, of a host that stands for it. */
  url: string;
  /** The Unix socket. */
  path?: string;
  /** "127.0.0.1:9997", or "unix" */
  address: string;
}

/**
 * Reads ws://HOST:PORT, wss://HOST:PORT or unix:PATH; a path or a query other than Broker's is kept.
 *
 * @throws UsageError if it is something else
 */
export function targetOf(url: string): Target {
  const [, socket] = /^unix:(?:\/\/(?=\/))?(.+)$/s.exec(url) ?? [];
  if (socket !== undefined) {
    return { url: `ws://localhost${PATH}`, path: path.resolve(socket), address: "unix" };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^wss?:$/.test(parsed.protocol) || parsed.hash !== "") {
    throw new UsageError(
      `'${url}' is no address of a WebSocket server: there are ws://HOST:PORT, wss://HOST:PORT and unix:PATH`,
    );
  }
  if (parsed.pathname === "/" && parsed.search === "") parsed.pathname = PATH;
  const port = parsed.port || (parsed.protocol === "wss:" ? "443" : "80");
  return { url: parsed.href, address: `${parsed.hostname}:${port}` };
}
