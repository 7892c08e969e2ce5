/** JavaScript's own values as Broker's. */
import { BrokerValueError } from "../errors.ts";
import { normalText } from "./text.ts";
import {
  address,
  count,
  enumValue,
  integer,
  MAX_DEPTH,
  port,
  set,
  subnet,
  type TypedValue,
  table,
  timespan,
  timestamp,
  type Value,
} from "./values.ts";

/**
 * A string, boolean, array, Map, Set or Date is what it seems to be; a number is a real, a bigint an
 * integer, null and undefined are none. Values of Broker's own types stay as they are.
 * @throws BrokerValueError for anything else
 */
export function toValue(natural: unknown): Value {
  return convert(natural, 0);
}

function convert(natural: unknown, depth: number): Value {
  if (depth > MAX_DEPTH) throw new BrokerValueError("a value is nested too deeply");
  const inner = (one: unknown): Value => convert(one, depth + 1);
  switch (typeof natural) {
    case "undefined":
      return null;
    case "boolean":
    case "number":
      return natural;
    case "string":
      return normalText(natural);
    case "bigint":
      return integer(natural);
    case "object":
      if (natural === null) return null;
      if (Array.isArray(natural)) return natural.map(inner);
      if (natural instanceof Date) return timestamp(natural);
      if (natural instanceof Set) return set([...natural].map(inner));
      if (natural instanceof Map)
        return table([...natural].map(([key, value]) => [inner(key), inner(value)] as const));
      if ("type" in natural && typeof natural.type === "string")
        return checked(natural as TypedValue);
      break;
    default:
  }
  throw new BrokerValueError(`Broker has no type for ${describe(natural)}`);
}

/** Made anew, since a script may have put one together by hand. */
function checked(value: TypedValue): Value {
  switch (value.type) {
    case "count":
      return count(value.value);
    case "integer":
      return integer(value.value);
    case "timespan":
      return timespan(value.nanoseconds);
    case "timestamp":
      return timestamp(value.nanoseconds);
    case "address":
      return address(value.address);
    case "subnet":
      return subnet(`${value.address}/${value.length}`);
    case "port":
      return port(value.port, value.protocol);
    case "enum":
      return enumValue(value.name);
    case "set":
      return set(value.values.map(toValue));
    case "table":
      return table(value.entries.map(([key, one]) => [toValue(key), toValue(one)] as const));
    default:
      value satisfies never;
      throw new BrokerValueError(
        `Broker has no type '${String((value as { type: unknown }).type)}'`,
      );
  }
}

function describe(value: unknown): string {
  return typeof value === "object" ? "an object; a Map is a table" : `a ${typeof value}`;
}
