/** broker-bin-v1. */
import type { Value } from "./values.ts";

export function encodeBinary(_value: Value): Uint8Array {
  throw new Error("to be written");
}
export function decodeBinary(_bytes: Uint8Array): Value {
  throw new Error("to be written");
}
