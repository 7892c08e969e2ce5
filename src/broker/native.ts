/** Native Broker peering over TCP, both ways: what a Zeek speaks on port 9999. */
export { type Connection, type NativePeerOptions, peerNative } from "./native-connector.ts";
export { type Listener, listenNative, type NativeListenOptions } from "./native-listener.ts";
export type { Tls } from "./tls.ts";
