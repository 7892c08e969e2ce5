/** The codec of broker-bin-v1: a tag for the type, and a body. */
import { BrokerFormatError, BrokerValueError } from "../../errors.ts";
import { addressBytes, addressOfBytes, isIPv4, networkOf } from "../addresses.ts";
import { Bounds } from "../bounds.ts";
import { Tag } from "../tags.ts";
import {
  type Entry,
  MAX_DEPTH,
  MAX_VALUES,
  type Port,
  PROTOCOLS,
  sortedUnique,
  type TypedValue,
  type Value,
} from "../values.ts";
import { Reader, Writer } from "./bytes.ts";

/** @throws BrokerValueError if it is too deep, too large, or no value at all */
export function encodeBinary(value: Value): Uint8Array {
  const writer = new Writer();
  write(writer, value, new Bounds(BrokerValueError));
  return writer.written();
}

/**
 * @param maxValues how many values it may hold
 * @throws BrokerFormatError unless the bytes are one value, and nothing else
 */
export function decodeBinary(bytes: Uint8Array, maxValues = MAX_VALUES): Value {
  const reader = new Reader(bytes);
  const value = read(reader, new Bounds(BrokerFormatError, MAX_DEPTH, maxValues));
  reader.end();
  return value;
}

function write(writer: Writer, value: Value, bounds: Bounds): void {
  if (value === null) return writer.u8(Tag.none);
  switch (typeof value) {
    case "boolean":
      writer.u8(Tag.boolean);
      return writer.u8(Number(value));
    case "number":
      writer.u8(Tag.real);
      return writer.f64(value);
    case "string":
      writer.u8(Tag.string);
      return writer.string(value);
    case "object":
      if (!Array.isArray(value)) return writeTyped(writer, value as TypedValue, bounds);
      return writeAll(writer, Tag.vector, value, bounds);
    default:
      throw new BrokerValueError(`not a value: ${typeof value}`);
  }
}

function writeTyped(writer: Writer, value: TypedValue, bounds: Bounds): void {
  switch (value.type) {
    case "count":
      writer.u8(Tag.count);
      return writer.u64(value.value);
    case "integer":
      writer.u8(Tag.integer);
      return writer.i64(value.value);
    case "address":
      writer.u8(Tag.address);
      return writer.bytes(addressBytes(value.address));
    case "subnet":
      writer.u8(Tag.subnet);
      writer.bytes(addressBytes(value.address));
      return writer.u8(isIPv4(value.address) ? value.length + 96 : value.length);
    case "port":
      writer.u8(Tag.port);
      writer.u16(value.port);
      return writer.u8(PROTOCOLS.indexOf(value.protocol));
    case "timestamp":
      writer.u8(Tag.timestamp);
      return writer.i64(value.nanoseconds);
    case "timespan":
      writer.u8(Tag.timespan);
      return writer.i64(value.nanoseconds);
    case "enum":
      writer.u8(Tag.enum);
      return writer.string(value.name);
    case "set":
      return writeAll(writer, Tag.set, value.values, bounds);
    case "table":
      return writeTable(writer, value.entries, bounds);
    default:
      value satisfies never;
      throw new BrokerValueError("not a value: an object without a known type");
  }
}

function writeAll(writer: Writer, tag: number, values: readonly Value[], bounds: Bounds): void {
  bounds.enter();
  bounds.add(values.length);
  writer.u8(tag);
  writer.varbyte(values.length);
  for (const value of values) write(writer, value, bounds);
  bounds.leave();
}

function writeTable(writer: Writer, entries: readonly Entry[], bounds: Bounds): void {
  bounds.enter();
  bounds.add(2 * entries.length);
  writer.u8(Tag.table);
  writer.varbyte(entries.length);
  for (const [key, value] of entries) {
    write(writer, key, bounds);
    write(writer, value, bounds);
  }
  bounds.leave();
}

function read(reader: Reader, bounds: Bounds): Value {
  const tag = reader.u8();
  switch (tag) {
    case Tag.none:
      return null;
    case Tag.boolean:
      return reader.u8() !== 0;
    case Tag.count:
      return { type: "count", value: reader.u64() };
    case Tag.integer:
      return { type: "integer", value: reader.i64() };
    case Tag.real:
      return reader.f64();
    case Tag.string:
      return reader.string();
    case Tag.address:
      return { type: "address", address: addressOfBytes(reader.bytes(16)) };
    case Tag.subnet:
      return readSubnet(reader);
    case Tag.port:
      return readPort(reader);
    case Tag.timestamp:
      return { type: "timestamp", nanoseconds: reader.i64() };
    case Tag.timespan:
      return { type: "timespan", nanoseconds: reader.i64() };
    case Tag.enum:
      return { type: "enum", name: reader.string() };
    case Tag.set:
      return { type: "set", values: sortedUnique(readAll(reader, bounds), (value) => value) };
    case Tag.table:
      return { type: "table", entries: sortedUnique(readTable(reader, bounds), ([key]) => key) };
    case Tag.vector:
      return readAll(reader, bounds);
    default:
      throw new BrokerFormatError(`no type has the tag ${tag}`);
  }
}

function readSubnet(reader: Reader): Value {
  const bytes = reader.bytes(16);
  const length = reader.u8();
  if (length > 128) throw new BrokerFormatError(`a subnet of ${length} bits`);
  return { type: "subnet", ...networkOf(bytes, length) };
}

function readPort(reader: Reader): Port {
  const port = reader.u16();
  const protocol = PROTOCOLS[reader.u8()];
  if (protocol === undefined) throw new BrokerFormatError("a port of an unknown protocol");
  return { type: "port", port, protocol };
}

function readAll(reader: Reader, bounds: Bounds): Value[] {
  const length = enter(reader, bounds, 1);
  const values: Value[] = [];
  for (let i = 0; i < length; i++) values.push(read(reader, bounds));
  bounds.leave();
  return values;
}

function readTable(reader: Reader, bounds: Bounds): Entry[] {
  const length = enter(reader, bounds, 2);
  const entries: Entry[] = [];
  for (let i = 0; i < length; i++) entries.push([read(reader, bounds), read(reader, bounds)]);
  bounds.leave();
  return entries;
}

/** @returns how many items follow, each of so many values, and each value of one byte or more */
function enter(reader: Reader, bounds: Bounds, valuesOfItem: number): number {
  const values = reader.varbyte() * valuesOfItem;
  if (values > reader.left) throw new BrokerFormatError("the message ends too early");
  bounds.enter();
  bounds.add(values);
  return values / valuesOfItem;
}
