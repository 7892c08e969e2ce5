/** How a page shows its token: see src/broker/websocket/protocol.ts. */
import { BEARER_PROTOCOL, SUBPROTOCOL } from "../../broker/websocket/protocol.ts";

export function protocolsFor(token: string): string[] {
  return token === "" ? [SUBPROTOCOL] : [SUBPROTOCOL, `${BEARER_PROTOCOL}${base64url(token)}`];
}

function base64url(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(binary.join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
