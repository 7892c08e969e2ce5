/**
 * A message on its way, encoded at most once for each format, however many peers get it. It knows
 * no format itself: a process that has no peers loads no codec.
 */
import type { Value } from "./values.ts";

/** Makes of a message what one kind of peer is sent. */
export type Encode<Encoded> = (value: Value, topic: string) => Encoded;

export class Message {
  readonly topic: string;
  readonly value: Value;
  readonly #encoded = new Map<Encode<unknown>, unknown>();

  constructor(topic: string, value: Value) {
    this.topic = topic;
    this.value = value;
  }

  /** @throws BrokerValueError if the value is more than a message may hold */
  as<Encoded>(encode: Encode<Encoded>): Encoded {
    if (!this.#encoded.has(encode)) this.#encoded.set(encode, encode(this.value, this.topic));
    return this.#encoded.get(encode) as Encoded;
  }
}
