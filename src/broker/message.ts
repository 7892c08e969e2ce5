/** A message on its way, encoded at most once for each format, however many peers get it. */
import { encodeBinary } from "./binary.ts";
import { encodeJson, quote } from "./json.ts";
import type { Value } from "./values.ts";

export class Message {
  readonly topic: string;
  readonly value: Value;
  #binary: Uint8Array | undefined;
  #json: string | undefined;

  constructor(topic: string, value: Value) {
    this.topic = topic;
    this.value = value;
  }

  /** The value in broker-bin-v1. */
  get binary(): Uint8Array {
    this.#binary ??= encodeBinary(this.value);
    return this.#binary;
  }

  /** The data message of broker-json-v1. */
  get json(): string {
    this.#json ??= `{"type":"data-message","topic":${quote(this.topic)},${encodeJson(this.value).slice(1)}`;
    return this.#json;
  }
}
