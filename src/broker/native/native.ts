/** Native Broker peering over TCP, both ways: what a Zeek speaks on port 9999. */

export type { Tls } from "../tls.ts";
export { type Connection, type NativePeerOptions, peerNative } from "./connector.ts";
export { type Listener, listenNative, type NativeListenOptions } from "./listener.ts";
