/**
 * Broker's data model. What JavaScript has a type for is that: `null` is none, a `number` is a
 * real, a `string` a string, an array a vector. The rest are tagged objects, made by the functions
 * here, which check them.
 */
import { BrokerValueError } from "../errors.ts";
import { addressBytes, canonicalAddress, isIPv4, networkOf } from "./addresses.ts";
import { compareValues } from "./order.ts";
import { normalText } from "./text.ts";

export type Value = null | boolean | number | string | readonly Value[] | TypedValue;

export type TypedValue =
  | Count
  | Integer
  | Timespan
  | Timestamp
  | Address
  | Subnet
  | Port
  | EnumValue
  | SetValue
  | Table;

/** 0 to 2^64-1. */
export interface Count {
  readonly type: "count";
  readonly value: bigint;
}
/** A signed number of 64 bits. */
export interface Integer {
  readonly type: "integer";
  readonly value: bigint;
}
export interface Timespan {
  readonly type: "timespan";
  readonly nanoseconds: bigint;
}
/** Since the beginning of 1970, UTC. */
export interface Timestamp {
  readonly type: "timestamp";
  readonly nanoseconds: bigint;
}
/** In canonical text: "127.0.0.1", "2001:db8::". */
export interface Address {
  readonly type: "address";
  readonly address: string;
}
/** `length` counts from the family's own width: at most 32 for IPv4. */
export interface Subnet {
  readonly type: "subnet";
  readonly address: string;
  readonly length: number;
}
export type Protocol = "?" | "tcp" | "udp" | "icmp";
export interface Port {
  readonly type: "port";
  readonly port: number;
  readonly protocol: Protocol;
}
/** Fully qualified: "Supervisor::WORKER". */
export interface EnumValue {
  readonly type: "enum";
  readonly name: string;
}
/** Sorted, each value once. */
export interface SetValue {
  readonly type: "set";
  readonly values: readonly Value[];
}
/** Sorted by key, each key once. */
export interface Table {
  readonly type: "table";
  readonly entries: readonly Entry[];
}
export type Entry = readonly [key: Value, value: Value];

/** @throws BrokerValueError if it is not 0 to 2^64-1 */
export function count(value: number | bigint): Count {
  const exact = toBigInt(value, "count");
  if (exact < 0n || exact > MAX_COUNT) throw new BrokerValueError(`not a count: ${value}`);
  return { type: "count", value: exact };
}

/** @throws BrokerValueError if it is not of 64 bits */
export function integer(value: number | bigint): Integer {
  return { type: "integer", value: int64(toBigInt(value, "integer"), "integer") };
}

/** @param milliseconds may have a fraction; a bigint is nanoseconds */
export function timespan(milliseconds: number | bigint): Timespan {
  return { type: "timespan", nanoseconds: nanosecondsOf(milliseconds, "timespan") };
}

/** @param at a Date, or Unix time in milliseconds; a bigint is nanoseconds */
export function timestamp(at: { getTime(): number } | number | bigint): Timestamp {
  const time = typeof at === "object" ? at.getTime() : at;
  return { type: "timestamp", nanoseconds: nanosecondsOf(time, "timestamp") };
}

/** @throws BrokerValueError if it is neither an IPv4 nor an IPv6 address */
export function address(text: string): Address {
  const canonical = canonicalAddress(text);
  if (canonical === undefined) throw new BrokerValueError(`not an address: ${show(text)}`);
  return { type: "address", address: canonical };
}

/** @param text "192.168.0.0/24"; bits of the host are cleared. @throws BrokerValueError */
export function subnet(text: string): Subnet {
  const [, host = "", digits = ""] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const canonical = canonicalAddress(host);
  // An IPv4 address written as an IPv6 one has the length of an IPv6 one.
  const length = Number(digits) + (isIPv4(host) ? 96 : 0);
  if (canonical === undefined || length > 128) {
    throw new BrokerValueError(`not a subnet: ${show(text)}`);
  }
  return { type: "subnet", ...networkOf(addressBytes(canonical), length) };
}

/** @throws BrokerValueError if the number is not one of a port */
export function port(number: number, protocol: Protocol = "tcp"): Port {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) {
    throw new BrokerValueError(`not a port: ${number}`);
  }
  if (!PROTOCOLS.includes(protocol)) {
    throw new BrokerValueError(`not a protocol of ports: ${show(protocol)}`);
  }
  return { type: "port", port: number, protocol };
}

export function enumValue(name: string): EnumValue {
  return { type: "enum", name: normalText(name) };
}

export function set(values: Iterable<Value>): SetValue {
  return { type: "set", values: sortedUnique([...values], (value) => value) };
}

/** Of several values of one key, the last counts. */
export function table(entries: Iterable<Entry>): Table {
  return { type: "table", entries: sortedUnique([...entries], ([key]) => key) };
}

/** By protocol number, as broker-bin-v1 has them. */
export const PROTOCOLS: readonly Protocol[] = ["?", "tcp", "udp", "icmp"];

export const MAX_COUNT = 2n ** 64n - 1n;
export const MIN_INTEGER = -(2n ** 63n);
export const MAX_INTEGER = 2n ** 63n - 1n;

/** Deeper values are refused, so that no message can exhaust the stack. */
export const MAX_DEPTH = 64;
/** Messages of more values than this are refused: each costs memory, however short it is. */
export const MAX_VALUES = 1_000_000;

/** Sorts in place, unless sorted already, and keeps the last of those that are equal. */
export function sortedUnique<Item>(items: Item[], keyOf: (item: Item) => Value): Item[] {
  if (isStrictlySorted(items, keyOf)) return items;
  items.sort((a, b) => compareValues(keyOf(a), keyOf(b)));
  return items.filter((item, i) => {
    const next = items[i + 1];
    return next === undefined || compareValues(keyOf(item), keyOf(next)) !== 0;
  });
}

function isStrictlySorted<Item>(items: readonly Item[], keyOf: (item: Item) => Value): boolean {
  return items.every((item, i) => {
    const last = i === 0 ? undefined : items[i - 1];
    return last === undefined || compareValues(keyOf(last), keyOf(item)) < 0;
  });
}

function toBigInt(value: number | bigint, what: string): bigint {
  if (typeof value === "bigint") return value;
  if (!Number.isSafeInteger(value)) {
    throw new BrokerValueError(`not ${what === "integer" ? "an" : "a"} ${what}: ${value}`);
  }
  return BigInt(value);
}

function nanosecondsOf(milliseconds: number | bigint, what: string): bigint {
  if (typeof milliseconds === "bigint") return int64(milliseconds, what);
  if (!Number.isFinite(milliseconds)) throw new BrokerValueError(`not a ${what}: ${milliseconds}`);
  const whole = Math.trunc(milliseconds);
  const rest = Math.round((milliseconds - whole) * 1e6);
  return int64(BigInt(whole) * 1_000_000n + BigInt(rest), what);
}

function int64(value: bigint, what: string): bigint {
  if (value < MIN_INTEGER || value > MAX_INTEGER) {
    throw new BrokerValueError(`more than 64 bits: ${what} ${value}`);
  }
  return value;
}

function show(text: unknown): string {
  return JSON.stringify(text)?.slice(0, 100) ?? String(text);
}
