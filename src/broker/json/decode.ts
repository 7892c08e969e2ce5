/** Values out of broker-json-v1, by the rules of Broker's own decoder. */
import { BrokerFormatError, BrokerValueError } from "../../errors.ts";
import { Bounds } from "../bounds.ts";
import {
  address,
  type Entry,
  enumValue,
  MAX_COUNT,
  MAX_DEPTH,
  MAX_INTEGER,
  MAX_VALUES,
  MIN_INTEGER,
  type Port,
  PROTOCOLS,
  sortedUnique,
  subnet,
  type Value,
} from "../values.ts";
import { type Json, JsonNumber, JsonObject } from "./text.ts";
import { timespanOfText, timestampOfText } from "./time.ts";

/** @throws BrokerFormatError unless it is an object whose "@data-type" and "data" make a value */
export function valueOfJson(json: Json, maxValues = MAX_VALUES): Value {
  try {
    return decode(json, new Bounds(BrokerFormatError, MAX_DEPTH, maxValues));
  } catch (error) {
    if (error instanceof BrokerValueError) throw new BrokerFormatError(error.message);
    throw error;
  }
}

function decode(json: Json | undefined, bounds: Bounds): Value {
  if (!(json instanceof JsonObject)) throw new BrokerFormatError("a value that is no object");
  const data = json.get("data");
  switch (json.get("@data-type")) {
    case "none":
      return null;
    case "boolean":
      return typeof data === "boolean" ? data : bad("boolean");
    case "count":
      return { type: "count", value: wholeOf(data, 0n, MAX_COUNT) };
    case "integer":
      return { type: "integer", value: wholeOf(data, MIN_INTEGER, MAX_INTEGER) };
    case "real":
      return realOf(data);
    case "timespan":
      return { type: "timespan", nanoseconds: int64(timespanOfText(textOf(data))) };
    case "timestamp":
      return { type: "timestamp", nanoseconds: int64(timestampOfText(textOf(data))) };
    case "string":
      return textOf(data);
    case "address":
      return address(textOf(data));
    case "subnet":
      return subnet(textOf(data));
    case "port":
      return portOf(textOf(data));
    case "enum-value":
      return enumValue(textOf(data));
    case "set":
      return { type: "set", values: sortedUnique(listOf(data, bounds, decode), (one) => one) };
    case "table":
      return {
        type: "table",
        entries: sortedUnique(listOf(data, bounds, entryOf), ([key]) => key),
      };
    case "vector":
      return listOf(data, bounds, decode);
    default:
      return bad("@data-type");
  }
}

function listOf<Item>(
  data: Json | undefined,
  bounds: Bounds,
  itemOf: (json: Json, bounds: Bounds) => Item,
): Item[] {
  if (!Array.isArray(data)) return bad("list");
  bounds.enter();
  bounds.add(data.length);
  const items = data.map((json) => itemOf(json, bounds));
  bounds.leave();
  return items;
}

function entryOf(json: Json, bounds: Bounds): Entry {
  if (!(json instanceof JsonObject)) return bad("entry of a table");
  bounds.add(1);
  return [decode(json.get("key"), bounds), decode(json.get("value"), bounds)];
}

function textOf(data: Json | undefined): string {
  return typeof data === "string" ? data : bad("string");
}

/** A number without fraction and exponent. */
function wholeOf(data: Json | undefined, min: bigint, max: bigint): bigint {
  if (!(data instanceof JsonNumber) || !WHOLE.test(data.text)) return bad("whole number");
  const value = BigInt(data.text);
  return value >= min && value <= max ? value : bad("number of 64 bits");
}

/** A number with a fraction or an exponent. For JSON's sake, `null` is not a number. */
function realOf(data: Json | undefined): number {
  if (data === null) return Number.NaN;
  if (!(data instanceof JsonNumber) || WHOLE_OF_ANY_LENGTH.test(data.text)) return bad("real");
  switch (data.text) {
    case "nan":
    case "-nan":
      return Number.NaN;
    case "inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    default:
      return Number(data.text);
  }
}

function portOf(text: string): Port {
  const [, digits, name = "tcp"] = PORT.exec(text) ?? [];
  if (digits === undefined || Number(digits) > 0xffff) return bad("port");
  return {
    type: "port",
    port: Number(digits),
    protocol: PROTOCOLS.find((known) => known === name) ?? "?",
  };
}

function int64(nanoseconds: bigint | undefined): bigint {
  if (nanoseconds === undefined) return bad("time");
  return nanoseconds >= MIN_INTEGER && nanoseconds <= MAX_INTEGER ? nanoseconds : bad("time");
}

function bad(what: string): never {
  throw new BrokerFormatError(`not a valid ${what}`);
}

/** Not more digits than 64 bits can need: BigInt takes ever longer over them. */
const WHOLE = /^-?\d{1,20}$/;
const WHOLE_OF_ANY_LENGTH = /^-?\d+$/;
const PORT = /^(\d{1,5})(?:\/(.*))?$/s;
