/** Supervisors from afar, for scripts. What it takes is loaded when it is used. */
import type { ConnectOptions, RemoteSupervisor } from "../control/client.ts";

/**
 * Connects to a Supervisor, this machine's or another's, a Zeek's included.
 * @param url `unix:PATH` (its `control.sock`), `ws://HOST:PORT`, `wss://…`, or `tcp://HOST:PORT`
 * @throws NoSupervisorError, UsageError (rejections)
 */
export async function connect(
  url: string,
  options: ConnectOptions = {},
): Promise<RemoteSupervisor> {
  const client = await import("../control/client.ts");
  return client.connect(url, options);
}
