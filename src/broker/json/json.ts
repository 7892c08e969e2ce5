/** The codec of broker-json-v1: values, and the messages that hold one. */
import { BrokerFormatError } from "../../errors.ts";
import { RESERVED_TOPIC } from "../topics.ts";
import { MAX_VALUES, type Value } from "../values.ts";
import { valueOfJson } from "./decode.ts";
import { encodeJson } from "./encode.ts";
import { type Json, JsonObject, parseJson, quote } from "./text.ts";

export { encodeJson } from "./encode.ts";
export { type Json, JsonNumber, JsonObject, parseJson, quote } from "./text.ts";

/** What a data message says. */
export interface DataMessage {
  topic: string;
  value: Value;
}

/** @throws BrokerFormatError unless the text is an object whose "@data-type" and "data" make a value */
export function decodeJson(text: string | Uint8Array): Value {
  return valueOfJson(parseJson(text));
}

/** A data message in JSON. */
export function encodeDataMessage(value: Value, topic: string): string {
  return `{"type":"data-message","topic":${quote(topic)},${encodeJson(value).slice(1)}`;
}

/**
 * @param maxValues how many values it may hold
 * @throws BrokerFormatError with the words that Zeek answers to a bad data message
 */
export function decodeDataMessage(text: string | Uint8Array, maxValues = MAX_VALUES): DataMessage {
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    throw inZeeksWords(error);
  }
  return dataMessageOf(json, maxValues);
}

/**
 * The data message in what was parsed. Its "type" is not looked at, as in Zeek.
 * @throws BrokerFormatError with the words that Zeek answers to a bad data message
 */
export function dataMessageOf(json: Json, maxValues = MAX_VALUES): DataMessage {
  let value: Value;
  try {
    value = valueOfJson(json, maxValues);
  } catch (error) {
    throw inZeeksWords(error);
  }
  const topic = json instanceof JsonObject ? json.text("topic") : undefined;
  if (topic === undefined || topic === RESERVED_TOPIC) throw new BrokerFormatError(NO_TOPIC);
  return { topic, value };
}

function inZeeksWords(error: unknown): unknown {
  return error instanceof BrokerFormatError ? new BrokerFormatError(NOT_A_VALUE) : error;
}

const NOT_A_VALUE = "failed to decode JSON object";
const NO_TOPIC = "no topic in top-level JSON object";
