/** Values into broker-json-v1: legal JSON, whatever they hold. */
import { BrokerValueError } from "../../errors.ts";
import { Bounds } from "../bounds.ts";
import type { TypedValue, Value } from "../values.ts";
import { quote } from "./text.ts";
import { timespanText, timestampText } from "./time.ts";

/** @throws BrokerValueError if it is too deep, too large, or no value at all */
export function encodeJson(value: Value): string {
  return textOf(value, new Bounds(BrokerValueError));
}

function textOf(value: Value, bounds: Bounds): string {
  if (value === null) return '{"@data-type":"none","data":{}}';
  switch (typeof value) {
    case "boolean":
      return tagged("boolean", String(value));
    case "number":
      return tagged("real", realText(value));
    case "string":
      return tagged("string", quote(value));
    case "object":
      if (!Array.isArray(value)) return textOfTyped(value as TypedValue, bounds);
      return tagged("vector", listText(value, bounds, textOf));
    default:
      throw new BrokerValueError(`not a value: ${typeof value}`);
  }
}

function textOfTyped(value: TypedValue, bounds: Bounds): string {
  switch (value.type) {
    case "count":
    case "integer":
      return tagged(value.type, String(value.value));
    case "timespan":
      return tagged("timespan", `"${timespanText(value.nanoseconds)}"`);
    case "timestamp":
      return tagged("timestamp", `"${timestampText(value.nanoseconds)}"`);
    case "address":
      return tagged("address", `"${value.address}"`);
    case "subnet":
      return tagged("subnet", `"${value.address}/${value.length}"`);
    case "port":
      return tagged("port", `"${value.port}/${value.protocol}"`);
    case "enum":
      return tagged("enum-value", quote(value.name));
    case "set":
      return tagged("set", listText(value.values, bounds, textOf));
    case "table":
      return tagged("table", listText(value.entries, bounds, entryText));
    default:
      value satisfies never;
      throw new BrokerValueError("not a value: an object without a known type");
  }
}

function tagged(type: string, data: string): string {
  return `{"@data-type":"${type}","data":${data}}`;
}

function listText<Item>(
  items: readonly Item[],
  bounds: Bounds,
  itemText: (item: Item, bounds: Bounds) => string,
): string {
  bounds.enter();
  bounds.add(items.length);
  let text = "[";
  let separator = "";
  for (const item of items) {
    text += separator + itemText(item, bounds);
    separator = ",";
  }
  bounds.leave();
  return `${text}]`;
}

function entryText([key, value]: readonly [Value, Value], bounds: Bounds): string {
  bounds.add(1);
  return `{"key":${textOf(key, bounds)},"value":${textOf(value, bounds)}}`;
}

/** As Zeek writes it if that is exact. Always with a point or an exponent: `1` is no real to Zeek. */
function realText(value: number): string {
  if (Number.isNaN(value)) return "null";
  // JSON has no infinity, but what is too large to be a number reads as one.
  if (!Number.isFinite(value)) return value > 0 ? "1e999" : "-1e999";
  if (Object.is(value, -0)) return "-0.000000";
  const fixed = Math.abs(value) < 1e21 ? value.toFixed(6) : "";
  return Number(fixed) === value ? fixed : String(value);
}
