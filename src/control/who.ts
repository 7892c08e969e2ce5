/** Who is at the other end of a connection, in words for the log. */
import type { PeerInfo } from "../broker/endpoint.ts";

export function whoIs(info: PeerInfo): string {
  if (info.kind === "native") return `${info.address} (Broker peer ${info.id})`;
  const said = [info.client, info.application].filter((part) => part !== undefined && part !== "");
  return said.length === 0 ? info.address : `${info.address} (${said.join(", ")})`;
}
