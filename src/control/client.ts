/** A Supervisor from afar: the same API as in its own process. */

import type { SupervisorApi } from "../core/api.ts";
import type { Status } from "../core/status.ts";
import { requestSupervisor } from "./coppice-remote.ts";
import { Link } from "./link.ts";
import { zeekSupervisor } from "./zeek-remote.ts";

export interface ConnectOptions {
  /** A bearer token, for WebSocket. */
  token?: string;
  /** What this program calls itself in the Supervisor's log: `[-/_.=:*@a-zA-Z0-9]`. */
  application?: string;
  /** What else it says of itself there, over a Unix socket: free text. */
  client?: string;
  /** For tcp: and wss:. Default: Zeek's anonymous TLS for tcp:, the system's authorities for wss:. */
  tls?: boolean | { cert?: string; key?: string; ca?: string };
  /** How long to wait for the first connection and for an answer that comes at once (ms). Default 10,000. */
  timeout?: number;
}

/** A connection to a Supervisor; it is made again when it breaks. */
export interface RemoteSupervisor extends SupervisorApi {
  status(name?: string): Promise<Status>;
  /** Whether it is a Zeek, which knows less: no states, no output, no events but starts. */
  readonly isZeek: boolean;
  /** Whether this connection may act, and not only look. */
  readonly mayControl: boolean;
  /** Whether the connection stands: not while one that broke is made again. */
  readonly isConnected: boolean;
  /** The Supervisor's pid, as it told when it was connected to; unknown of a Zeek. */
  readonly pid: number | undefined;
  /** Where a browser finds its console, if it has one. */
  readonly console?: string | undefined;
  /** Ends the connection. */
  close(): void;
}

/**
 * Connects to a Supervisor.
 * @param url `unix:PATH` (its `control.sock`), `ws://HOST:PORT`, `wss://…`, or `tcp://HOST:PORT`
 * @throws NoSupervisorError, UsageError (rejections)
 */
export async function connect(
  url: string,
  options: ConnectOptions = {},
): Promise<RemoteSupervisor> {
  const link = await Link.open(url, options);
  try {
    return (await requestSupervisor(link, options)) ?? zeekSupervisor(link, options);
  } catch (error) {
    link.close();
    throw error;
  }
}
