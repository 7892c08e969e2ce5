/** Both codecs together: what they keep, and what they make of bytes that nobody meant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBinary, encodeBinary } from "../../src/broker/binary/binary.ts";
import {
  decodeDataMessage,
  decodeJson,
  encodeDataMessage,
  encodeJson,
  parseJson,
} from "../../src/broker/json/json.ts";
import { Message } from "../../src/broker/message.ts";
import { tagOf } from "../../src/broker/order.ts";
import { count, MAX_DEPTH, set, table, type Value } from "../../src/broker/values.ts";
import { BrokerFormatError, BrokerValueError } from "../../src/errors.ts";
import { anyText, anyValue } from "./any-value.ts";
import { BINARIES, DATA_MESSAGES } from "./zeek-examples.ts";

const CODECS = {
  binary: (value: Value) => decodeBinary(encodeBinary(value)),
  JSON: (value: Value) => decodeJson(encodeJson(value)),
  "JSON in bytes": (value: Value) => decodeJson(Buffer.from(encodeJson(value))),
  "binary, then JSON": (value: Value) => decodeJson(encodeJson(decodeBinary(encodeBinary(value)))),
};

for (const [name, throughCodec] of Object.entries(CODECS)) {
  test(`A.5, C.4: any value comes out of ${name} as it went in`, () => {
    fc.assert(
      fc.property(anyValue, (value) => assert.deepEqual(throughCodec(value), value)),
      { numRuns: 250 },
    );
  });
}

test("A.5, C.4: the values that are made up are of all types", () => {
  const tags = new Set(fc.sample(anyValue, { numRuns: 500, seed: 1 }).map(tagOf));
  assert.equal(tags.size, 15);
});

test("F: what is written is legal JSON and well-formed text, whatever it says", () => {
  fc.assert(
    fc.property(anyText, anyValue, (topic, value) => {
      const json = new Message(topic, value).as(encodeDataMessage);
      assert.ok(json.isWellFormed());
      JSON.parse(json);
      assert.deepEqual(decodeDataMessage(json), { topic, value });
    }),
    { numRuns: 150 },
  );
});

test("a message is encoded once for each format", () => {
  const message = new Message("t", [count(1)]);
  assert.equal(message.as(encodeBinary), message.as(encodeBinary));
  assert.equal(message.as(encodeDataMessage), message.as(encodeDataMessage));
  assert.deepEqual(decodeBinary(message.as(encodeBinary)), [count(1)]);
});

test("every prefix of a message is refused", () => {
  for (const { json } of Object.values(DATA_MESSAGES)) {
    for (let end = 0; end < json.length; end++)
      refused(() => decodeDataMessage(json.slice(0, end)));
  }
  for (const { value } of examples()) {
    const bytes = encodeBinary(value);
    for (let end = 0; end < bytes.length; end++)
      refused(() => decodeBinary(bytes.subarray(0, end)));
  }
});

test("a message with any one byte changed is a value or refused", () => {
  const { json } = DATA_MESSAGES["createRequest"]!;
  const text = Buffer.from(json);
  eachMutation(text, [0x00, 0x22, 0x2c, 0x30, 0x5c, 0x5d, 0x7b, 0x80, 0xff], (changed) =>
    valueOrRefused(() => decodeDataMessage(changed).value),
  );
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const edges = [0x00, 0x01, 0x0e, 0x0f, 0x10, 0x7f, 0x80, 0xff];
  for (const [i, { value }] of examples().slice(0, 6).entries()) {
    eachMutation(encodeBinary(value), i < 2 ? all : edges, (changed) =>
      valueOrRefused(() => decodeBinary(changed)),
    );
  }
});

test("messages with many bytes changed are values or refused", () => {
  const change = fc.tuple(fc.nat(1999), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 8 });
  const index = fc.nat(examples().length - 1);
  const property = fc.property(index, changes, fc.boolean(), (index, changes, isJson) => {
    const { value } = examples()[index]!;
    const bytes = isJson ? Buffer.from(encodeJson(value)) : Buffer.from(encodeBinary(value));
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    valueOrRefused(() => (isJson ? decodeJson(bytes) : decodeBinary(bytes)));
  });
  fc.assert(property, { numRuns: 1000 });
});

test("any bytes are a value or refused", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    valueOrRefused(() => decodeBinary(bytes));
    valueOrRefused(() => decodeJson(bytes));
  });
  fc.assert(property, { numRuns: 1000 });
});

test("as deep as is allowed, and one deeper", () => {
  const deepest = nested(MAX_DEPTH);
  for (const throughCodec of Object.values(CODECS))
    assert.deepEqual(throughCodec(deepest), deepest);
  for (const encode of [encodeBinary, encodeJson]) {
    assert.throws(() => encode(nested(MAX_DEPTH + 1)), BrokerValueError);
  }
  const bytes = Buffer.from(`${"0e01".repeat(MAX_DEPTH + 1)}00`, "hex");
  refused(() => decodeBinary(bytes));
  assert.deepEqual(decodeBinary(bytes.subarray(2)), deepest);
  const open = '{"@data-type":"vector","data":['.repeat(MAX_DEPTH + 1);
  refused(() => decodeJson(`${open}{"@data-type":"none"}${"]}".repeat(MAX_DEPTH + 1)}`));
  const tables = Array.from({ length: MAX_DEPTH }).reduce<Value>(
    (inner) => table([[inner, set([])]]),
    null,
  );
  // Their innermost set is one too deep, and not more than that.
  assert.throws(() => encodeJson(tables), BrokerValueError);
  refused(() => parseJson("[".repeat(16 * 1024 * 1024)));
});

test("a value that holds itself is refused, and quickly", { timeout: 20_000 }, () => {
  const cycle: Value[] = [];
  cycle.push(cycle, cycle);
  for (const encode of [encodeBinary, encodeJson]) {
    assert.throws(() => encode(cycle), BrokerValueError);
  }
  let wide: Value = [null];
  for (let i = 0; i < 40; i++) wide = [wide, wide];
  for (const encode of [encodeBinary, encodeJson]) {
    assert.throws(() => encode(wide), BrokerValueError);
  }
});

test("what is no value is refused when it is written", () => {
  const wrong: unknown[] = [undefined, 1n, Symbol("s"), () => 1, {}, { type: "x" }, [undefined]];
  for (const value of wrong) {
    for (const encode of [encodeBinary, encodeJson]) {
      assert.throws(() => encode(value as Value), BrokerValueError);
    }
  }
});

/** Long enough that time in proportion to its square would be minutes. */
const SIZE = 4 * 1024 * 1024;
/** What a peer could send to keep us busy. */
const HOSTILE: Record<string, () => unknown> = {
  "open arrays": () => parseJson("[".repeat(SIZE)),
  "open objects": () => parseJson('{"":'.repeat(SIZE / 4)),
  "open values": () => decodeJson('{"@data-type":"vector","data":['.repeat(100_000)),
  "open vectors": () => decodeBinary(Buffer.alloc(200_000, Buffer.of(0x0e, 0x01))),
  "open tables": () => decodeBinary(Buffer.alloc(200_000, Buffer.of(0x0d, 0x01))),
  // More values than are allowed.
  "many numbers": () => parseJson(`[${"0,".repeat(2 * SIZE)}0]`),
  "open strings": () => parseJson(`[${'"\\"'.repeat(SIZE / 3)}`),
  "a long count": () => decodeJson(of("count", "1".repeat(SIZE))),
  "a long timespan": () => decodeJson(of("timespan", `"${"1".repeat(SIZE)}s"`)),
  "a long timestamp": () =>
    decodeJson(of("timestamp", `"2020-01-01T00:00:00.${"1".repeat(SIZE)}x"`)),
  "a long address": () => decodeJson(of("address", `"${":".repeat(SIZE)}"`)),
  "a long subnet": () => decodeJson(of("subnet", `"${"/".repeat(SIZE)}"`)),
  "a long port": () => decodeJson(of("port", `"${"1".repeat(SIZE)}"`)),
  "a long word": () => parseJson("1".repeat(SIZE).concat("e")),
  "long space": () => parseJson(" ".repeat(SIZE)),
  "2^32-1 in a vector": () => decodeBinary(Buffer.from("0effffffff0f00", "hex")),
  "2^32-1 in a set": () => decodeBinary(Buffer.from("0cffffffff0f00", "hex")),
  "2^32-1 in a table": () => decodeBinary(Buffer.from("0dffffffff0f0000", "hex")),
  "2^32-1 in a string": () => decodeBinary(Buffer.from("05ffffffff0f61", "hex")),
  "too many nones": () =>
    decodeBinary(Buffer.concat([Buffer.from("0ec1843d", "hex"), Buffer.alloc(1_000_001)])),
};
for (const [name, decode] of Object.entries(HOSTILE)) {
  test(`hostile input is refused in time: ${name}`, { timeout: 20_000 }, () => refused(decode));
}

test("keys that mean something to JavaScript mean nothing", () => {
  const keys = ["__proto__", "constructor", "hasOwnProperty", "toString", "then"];
  const members = keys.map((key) => `"${key}":{"@data-type":"count","data":1}`).join();
  refused(() => decodeJson(`{${members}}`));
  assert.equal(decodeJson(`{${members},"@data-type":"none"}`), null);
  for (const key of keys) refused(() => decodeJson(of(key, "1")));
  const value = table(keys.map((key) => [key, null]));
  assert.deepEqual(decodeJson(encodeJson(value)), value);
  assert.equal(({} as Record<string, unknown>)["@data-type"], undefined);
});

/** Long enough that time in proportion to its square would be minutes. */
const LARGE = SIZE / 4;

test("large messages take time in proportion", { timeout: 20_000 }, () => {
  const bad = Buffer.concat([Buffer.from('"'), Buffer.alloc(LARGE, 0xff), Buffer.from('"')]);
  assert.equal((parseJson(bad) as string).length, LARGE);
  assert.equal((parseJson(`"${"\\n".repeat(LARGE / 2)}"`) as string).length, LARGE / 2);
  assert.equal(decodeJson(`{"@data-type":"none",${'"a":0,'.repeat(LARGE / 6)}"b":1}`), null);
  const descending = Array.from({ length: 200_000 }, (_, i) => count(200_000 - i));
  const bytes = encodeBinary({ type: "set", values: descending });
  assert.deepEqual(decodeBinary(bytes), set(descending));
});

function of(type: string, data: string): string {
  return `{"@data-type":"${type}","data":${data}}`;
}

function nested(depth: number): Value {
  let value: Value = null;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function examples(): { value: Value }[] {
  return [...Object.values(BINARIES), ...Object.values(DATA_MESSAGES)];
}

function eachMutation(
  bytes: Uint8Array,
  replacements: readonly number[],
  check: (changed: Uint8Array) => void,
): void {
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of replacements) check(bytes.with(at, byte));
  }
}

function refused(decode: () => unknown): void {
  assert.throws(decode, BrokerFormatError);
}

/** A value can be written again, and that says the same. */
function valueOrRefused(decode: () => Value): void {
  let value: Value;
  try {
    value = decode();
  } catch (error) {
    assert.ok(error instanceof BrokerFormatError, String(error));
    return;
  }
  assert.deepEqual(decodeBinary(encodeBinary(value)), value);
}

test("a message of more values than its reader allows is refused, in both formats", () => {
  const value = Array.from({ length: 20 }, (_, i) => count(i));
  const message = new Message("t", value);
  assert.deepEqual(decodeBinary(message.as(encodeBinary), 20), value);
  assert.throws(() => decodeBinary(message.as(encodeBinary), 19), /too many values/);
  assert.deepEqual(decodeDataMessage(message.as(encodeDataMessage), 20).value, value);
  assert.throws(
    () => decodeDataMessage(message.as(encodeDataMessage), 19),
    /^BrokerFormatError: failed to decode JSON object$/,
  );
});
