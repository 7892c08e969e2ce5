/** The order of Broker's values, in which sets and tables are written: by type, then by value. */
import { compareAddresses } from "./addresses.ts";
import { Tag } from "./tags.ts";
import { compareText } from "./text.ts";
import { PROTOCOLS, type TypedValue, type Value } from "./values.ts";

/** Negative if `a` comes first, 0 if they are equal. NaN equals itself and comes before all numbers. */
export function compareValues(a: Value, b: Value): number {
  const byType = tagOf(a) - tagOf(b);
  if (byType !== 0) return byType;
  if (a === null || b === null) return 0;
  if (typeof a === "string") return compareText(a, b as string);
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (typeof a === "number") return compareReals(a, b as number);
  if (isVector(a)) return compareLists(a, b as readonly Value[]);
  return compareTyped(a, b as TypedValue);
}

/** A value's type, as broker-bin-v1 numbers them. */
export function tagOf(value: Value): number {
  if (value === null) return Tag.none;
  if (typeof value === "boolean") return Tag.boolean;
  if (typeof value === "number") return Tag.real;
  if (typeof value === "string") return Tag.string;
  if (isVector(value)) return Tag.vector;
  return Tag[value.type];
}

export function isVector(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** @param b of the same type */
function compareTyped(a: TypedValue, b: TypedValue): number {
  switch (a.type) {
    case "count":
    case "integer":
      return compareBigInts(a.value, (b as typeof a).value);
    case "timestamp":
    case "timespan":
      return compareBigInts(a.nanoseconds, (b as typeof a).nanoseconds);
    case "address":
      return compareAddresses(a.address, (b as typeof a).address);
    case "subnet": {
      const other = b as typeof a;
      return compareAddresses(a.address, other.address) || a.length - other.length;
    }
    case "port": {
      const other = b as typeof a;
      return (
        a.port - other.port || PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(other.protocol)
      );
    }
    case "enum":
      return compareText(a.name, (b as typeof a).name);
    case "set":
      return compareLists(a.values, (b as typeof a).values);
    case "table":
      return compareLists(a.entries.flat(), (b as typeof a).entries.flat());
    default:
      return a satisfies never;
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const order = compareValues(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareReals(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b))
    return Number(!Number.isNaN(a)) - Number(!Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBigInts(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
