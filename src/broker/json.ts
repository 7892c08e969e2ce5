/** broker-json-v1. */
import type { Value } from "./values.ts";

export function encodeJson(_value: Value): string {
  throw new Error("to be written");
}
export function quote(_text: string): string {
  throw new Error("to be written");
}
