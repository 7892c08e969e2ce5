/** broker-json-v1, byte by byte, and by the rules of Broker's decoder. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  dataMessageOf,
  decodeDataMessage,
  decodeJson,
  encodeDataMessage,
  encodeJson,
  JsonNumber,
  JsonObject,
  parseJson,
  quote,
} from "../../../src/broker/json/json.ts";
import { Message } from "../../../src/broker/message.ts";
import { fromBytes, normalText } from "../../../src/broker/text.ts";
import {
  address,
  count,
  enumValue,
  integer,
  port,
  set,
  subnet,
  table,
  timespan,
  timestamp,
  type Value,
} from "../../../src/broker/values.ts";
import { BrokerFormatError } from "../../../src/errors.ts";
import { DATA_MESSAGES } from "../zeek-examples.ts";

for (const [name, { topic, value, json }] of Object.entries(DATA_MESSAGES)) {
  test(`A.8: ${name}`, () => {
    assert.equal(new Message(topic, value).as(encodeDataMessage), json);
    assert.deepEqual(decodeDataMessage(json), { topic, value });
    assert.deepEqual(decodeDataMessage(Buffer.from(json)), { topic, value });
    assert.deepEqual(dataMessageOf(parseJson(json)), { topic, value });
  });
}

test("A.8: metadata with a timestamp", () => {
  const json =
    '{"@data-type":"vector","data":[{"@data-type":"vector","data":[{"@data-type":"count","data":1},{"@data-type":"timestamp","data":"1970-01-01T01:18:31.000"}]}]}';
  const value = [[count(1), timestamp(4_711_000)]];
  assert.equal(encodeJson(value), json);
  assert.deepEqual(decodeJson(json), value);
});

test("A.8: subscriptions, an acknowledgement and an error are plain JSON", () => {
  assert.deepEqual(parseJson('["zeek/supervisor"]'), ["zeek/supervisor"]);
  const ack = parseJson(
    '{"type":"ack","endpoint":"3eece35d-9f94-568d-861c-6a16c433e090-websocket-2","version":"8.2.2"}',
  );
  assert.ok(ack instanceof JsonObject);
  assert.equal(ack.text("type"), "ack");
  assert.equal(ack.text("endpoint"), "3eece35d-9f94-568d-861c-6a16c433e090-websocket-2");
  assert.equal(ack.text("version"), "8.2.2");
  assert.equal(ack.text("code"), undefined);
  const mixed = parseJson('["a", 1, true, {"text": 1}]');
  assert.ok(Array.isArray(mixed));
  assert.deepEqual(mixed.slice(0, 3), ["a", new JsonNumber("1"), true]);
  assert.equal((mixed[3] as JsonObject).text("text"), undefined);
});

/** What each type is written as. */
const WRITTEN: [type: string, data: string, value: Value][] = [
  ["none", "{}", null],
  ["boolean", "true", true],
  ["boolean", "false", false],
  ["count", "42", count(42)],
  ["count", "18446744073709551615", count(2n ** 64n - 1n)],
  ["integer", "-7", integer(-7)],
  ["integer", "-9223372036854775808", integer(-(2n ** 63n))],
  ["integer", "9223372036854775807", integer(2n ** 63n - 1n)],
  ["real", "1.500000", 1.5],
  ["real", "1.000000", 1],
  ["real", "0.000000", 0],
  ["real", "-0.000000", -0],
  ["real", "-2.125001", -2.125001],
  ["real", "0.1234567", 0.1234567],
  ["real", "1e-7", 1e-7],
  ["real", "1e+21", 1e21],
  ["real", "100000000000000000000.000000", 1e20],
  ["real", "5e-324", Number.MIN_VALUE],
  ["real", "1e999", Number.POSITIVE_INFINITY],
  ["real", "-1e999", Number.NEGATIVE_INFINITY],
  ["real", "null", Number.NaN],
  ["timespan", '"1500ms"', timespan(1500)],
  ["timespan", '"0s"', timespan(0)],
  ["timespan", '"2s"', timespan(2000)],
  ["timespan", '"-90s"', timespan(-90_000)],
  ["timespan", '"1us"', timespan(1000n)],
  ["timespan", '"-1ns"', timespan(-1n)],
  ["timespan", '"-9223372036854775808ns"', timespan(-(2n ** 63n))],
  ["timestamp", '"2022-04-10T07:00:00.000"', timestamp(Date.UTC(2022, 3, 10, 7))],
  ["timestamp", '"1970-01-01T00:00:00.000"', timestamp(0)],
  ["timestamp", '"1970-01-01T00:00:00.001"', timestamp(1)],
  ["timestamp", '"1970-01-01T00:00:00.0015"', timestamp(1_500_000n)],
  ["timestamp", '"1970-01-01T00:00:00.000000001"', timestamp(1n)],
  ["timestamp", '"1969-12-31T23:59:59.999999999"', timestamp(-1n)],
  ["timestamp", '"1969-12-31T23:59:59.000"', timestamp(-1000)],
  ["timestamp", '"1677-09-21T00:12:43.145224192"', timestamp(-(2n ** 63n))],
  ["timestamp", '"2262-04-11T23:47:16.854775807"', timestamp(2n ** 63n - 1n)],
  ["string", '""', ""],
  ["string", String.raw`"\\\"\b\f\n\r\t\u000b\u0000\u001f"`, '\\"\b\f\n\r\t\v\0\x1f'],
  ["string", '"/\x7fé\u{1f333}\u2028"', "/\x7fé\u{1f333}\u2028"],
  ["string", String.raw`"a\udcff\udc80é"`, fromBytes(Uint8Array.of(0x61, 0xff, 0x80, 0xc3, 0xa9))],
  ["address", '"127.0.0.1"', address("127.0.0.1")],
  ["address", '"2001:db8::"', address("2001:db8::")],
  ["subnet", '"192.168.0.0/24"', subnet("192.168.0.0/24")],
  ["subnet", '"2001:db8::/32"', subnet("2001:db8::/32")],
  ["port", '"8080/tcp"', port(8080)],
  ["port", '"53/udp"', port(53, "udp")],
  ["port", '"8/icmp"', port(8, "icmp")],
  ["port", '"0/?"', port(0, "?")],
  ["enum-value", '"Supervisor::MANAGER"', enumValue("Supervisor::MANAGER")],
  ["set", "[]", set([])],
  [
    "set",
    '[{"@data-type":"none","data":{}},{"@data-type":"boolean","data":true}]',
    set([true, null]),
  ],
  ["table", "[]", table([])],
  [
    "table",
    '[{"key":{"@data-type":"count","data":1},"value":{"@data-type":"string","data":"a"}},{"key":{"@data-type":"string","data":""},"value":{"@data-type":"none","data":{}}}]',
    table([
      ["", null],
      [count(1), "a"],
    ]),
  ],
  ["vector", "[]", []],
  ["vector", '[{"@data-type":"vector","data":[]}]', [[]]],
];
for (const [type, data, value] of WRITTEN) {
  test(`A.5: ${type} ${data.slice(0, 50)}`, () => {
    const json = `{"@data-type":"${type}","data":${data}}`;
    assert.equal(encodeJson(value), json);
    assert.deepEqual(decodeJson(json), value);
    JSON.parse(json);
  });
}

/** What else is understood. */
const READ: [type: string, data: string, value: Value][] = [
  ["none", "null", null],
  ["none", '[1,{"a":[]}]', null],
  ["integer", "-0", integer(0)],
  ["real", "1.0", 1],
  ["real", "1e3", 1000],
  ["real", "1E+3", 1000],
  ["real", "-2.5e-1", -0.25],
  ["real", "nan", Number.NaN],
  ["real", "-nan", Number.NaN],
  ["real", "NaN", Number.NaN],
  ["real", "inf", Number.POSITIVE_INFINITY],
  ["real", "-inf", Number.NEGATIVE_INFINITY],
  ["real", "Infinity", Number.POSITIVE_INFINITY],
  ["real", "-Infinity", Number.NEGATIVE_INFINITY],
  ["timespan", '"5min"', timespan(300_000)],
  ["timespan", '"2h"', timespan(7_200_000)],
  ["timespan", '"-1h"', timespan(-3_600_000)],
  ["timespan", '"+1s"', timespan(1000)],
  ["timespan", '"7ns"', timespan(7n)],
  ["timespan", '"7us"', timespan(7000n)],
  ["timestamp", '"2022-04-10T07:00:00"', timestamp(Date.UTC(2022, 3, 10, 7))],
  ["timestamp", '"2022-04-10T07:00:00Z"', timestamp(Date.UTC(2022, 3, 10, 7))],
  ["timestamp", '"2022-04-10T07:00:00.5Z"', timestamp(Date.UTC(2022, 3, 10, 7, 0, 0, 500))],
  ["timestamp", '"2022-04-10T07:00:00.123+02:00"', timestamp(Date.UTC(2022, 3, 10, 5, 0, 0, 123))],
  ["timestamp", '"2022-04-10T07:00:00-0330"', timestamp(Date.UTC(2022, 3, 10, 10, 30))],
  ["timestamp", '"2022-04-10T07:00:00+01"', timestamp(Date.UTC(2022, 3, 10, 6))],
  ["timestamp", '"2024-02-29T00:00:00"', timestamp(Date.UTC(2024, 1, 29))],
  ["timestamp", '"1970-01-01T00:00:00.1234567891234"', timestamp(123_456_789n)],
  ["string", String.raw`"\u0041\v\/\ud83c\udf33"`, "A\v/\u{1f333}"],
  ["string", '"\0\n\t\x1f\v"', "\0\n\t\x1f\v"],
  ["string", String.raw`"\udcc3\udca9"`, "é"],
  ["string", String.raw`"\ud800x"`, "\ufffdx"],
  ["address", '"2001:0DB8:0:0::1"', address("2001:db8::1")],
  ["address", '"::ffff:10.0.0.1"', address("10.0.0.1")],
  ["subnet", '"192.168.7.9/24"', subnet("192.168.7.0/24")],
  ["subnet", '"2001:db8:ffff::1/33"', subnet("2001:db8:8000::/33")],
  ["subnet", '"::ffff:10.1.2.3/104"', subnet("10.0.0.0/8")],
  ["subnet", '"1.2.3.4/0"', subnet("0.0.0.0/0")],
  ["port", '"8080"', port(8080, "tcp")],
  ["port", '"0/unknown"', port(0, "?")],
  ["port", '"7/sctp"', port(7, "?")],
  ["port", '"7/TCP"', port(7, "?")],
  ["port", '"7/"', port(7, "?")],
  ["port", '"65535/udp"', port(65535, "udp")],
  [
    "set",
    '[{"@data-type":"count","data":2},{"data":1,"@data-type":"count"},{"@data-type":"count","data":2}]',
    set([count(1), count(2)]),
  ],
  [
    "table",
    '[{"value":{"@data-type":"none"},"key":{"@data-type":"none"}},{"more":1,"key":{"@data-type":"none"},"value":{"@data-type":"boolean","data":true}}]',
    table([[null, true]]),
  ],
];
for (const [type, data, value] of READ) {
  test(`A.5: also ${type} ${JSON.stringify(data).slice(1, 50)}`, () => {
    assert.deepEqual(decodeJson(`{"@data-type":"${type}","data":${data}}`), value);
  });
}

const REFUSED: [type: string, ...data: string[]][] = [
  ["boolean", "0", '"true"', "null", "{}"],
  ["count", "-1", "18446744073709551616", "1.0", "1e3", '"1"', "null", "true", "nan", "01", "+1"],
  ["count", "100000000000000000000000000000", "- 1", "1_0", "0x1", "1n"],
  ["integer", "9223372036854775808", "-9223372036854775809", "1.0", "1e0", '"1"', "inf"],
  ["real", "1", "-1", "0", '"1.0"', "true", "[]", "1.", ".5", "1e", "1.0.0", "--1.0", "infinity"],
  ["timespan", "1", '"1"', '"s"', '"1.5s"', '"1d"', '"1 s"', '"1S"', '""', '"- 1s"', '"1ss"'],
  ["timespan", '"9223372036854775808ns"', '"2562048h"', '"1000000000000000000000000s"', '"0x1s"'],
  ["timestamp", '"2022-04-10"', '"2022-04-10 07:00:00"', '"2022-04-10T07:00"', '""', "0"],
  ["timestamp", '"2022-02-29T00:00:00"', '"1900-02-29T00:00:00"', '"2022-13-01T00:00:00"'],
  ["timestamp", '"2022-00-01T00:00:00"', '"2022-01-00T00:00:00"', '"2022-04-31T00:00:00"'],
  ["timestamp", '"2022-01-01T24:00:00"', '"2022-01-01T00:60:00"', '"2022-01-01T00:00:60"'],
  ["timestamp", '"2022-01-01T00:00:00."', '"2022-01-01T00:00:00+1"', '"2022-01-01T00:00:00+24:00"'],
  ["timestamp", '"1677-09-21T00:12:43.145224191"', '"2262-04-11T23:47:16.854775808"'],
  ["timestamp", '"2022-01-01T00:00:00Zx"', '"0000-01-01T00:00:00"', '"9999-12-31T23:59:59"'],
  ["string", "1", "null", "[]", '"\\x"', '"\\u12"', '"\\u12g4"', '"\\'],
  ["address", '"1.2.3"', '"1.2.3.4.5"', '"256.1.1.1"', '"01.2.3.4"', '""', '"::1%lo"', '":::"'],
  ["address", '"a"', '"1:2:3:4:5:6:7:8:9"', '"localhost"', "1", '"12345::"', '"::1/128"'],
  [
    "subnet",
    '"1.2.3.4"',
    '"1.2.3.4/33"',
    '"::/129"',
    '"1.2.3.4/-1"',
    '"1.2.3.4/"',
    '"/8"',
    '"a/8"',
  ],
  [
    "port",
    '"65536/tcp"',
    '"-1/tcp"',
    '"/tcp"',
    '"tcp"',
    '""',
    "8080",
    '"1e3"',
    '"1.0/tcp"',
    '" 1"',
  ],
  ["enum-value", "1", "null", "{}"],
  ["set", "{}", "1", "[1]", "[[]]", "null", '[{"data":1}]'],
  ["table", "{}", "[1]", "[{}]", '[{"key":{"@data-type":"none"}}]', '[["a","b"]]', "null"],
  ["vector", "{}", "null", "[null]", '"[]"', '[{"@data-type":"none"},{}]'],
  ["unknown", "{}"],
  ["Count", "1"],
  ["enum", '"A::B"'],
];
for (const [type, ...all] of REFUSED) {
  test(`A.5: refused: ${type} ${all.join(" ").slice(0, 50)}`, () => {
    for (const data of all) {
      const json = `{"@data-type":"${type}","data":${data}}`;
      assert.throws(() => decodeJson(json), BrokerFormatError, json);
    }
    if (type !== "none") {
      assert.throws(() => decodeJson(`{"@data-type":"${type}"}`), BrokerFormatError);
    }
  });
}

test("A.5: days and times are those of the calendar", () => {
  const milliseconds = fc.integer({ min: -9_223_372_036_854, max: 9_223_372_036_854 });
  fc.assert(
    fc.property(milliseconds, (at) => {
      const text = JSON.stringify(new Date(at).toISOString().replace("Z", ""));
      const json = `{"@data-type":"timestamp","data":${text}}`;
      assert.equal(encodeJson(timestamp(at)), json);
      assert.deepEqual(decodeJson(json), timestamp(at));
    }),
    { numRuns: 2000 },
  );
});

test("A.5: every day from 1890 to 2110, and around its end", () => {
  const day = 86_400_000;
  for (let at = Date.UTC(1890, 0, 1); at < Date.UTC(2110, 0, 1); at += day) {
    const text = new Date(at - 1).toISOString().slice(0, -1);
    assert.equal(encodeJson(timestamp(at - 1)), `{"@data-type":"timestamp","data":"${text}"}`);
  }
});

/** Checked first, A.2. */
const NO_VALUE = [
  "",
  " ",
  "x",
  "{",
  "}",
  "[]",
  "null",
  '"text"',
  "1",
  "{}",
  "{} {}",
  '{"topic":"t"}',
  '{"topic":"t","data":{}}',
  '{"topic":"t","@data-type":"unknown","data":1}',
  '{"topic":"t","@data-type":1,"data":1}',
  '{"topic":"t","@data-type":"count","data":-1}',
  '{"topic":"t","@data-type":"count"}',
  '{"topic":"t","@data-type":"address","data":"x"}',
  '{"topic":1,"@data-type":"vector","data":[1]}',
  '{"topic":"t","@data-type":"none","data":{},}',
  '{"topic":"t","@data-type":"none" "data":{}}',
  '{"topic":"t","@data-type":"none","data":[1,]}',
  '{"topic":"t","@data-type":"none","data":[,1]}',
  "{topic:1}",
  "{'topic':1}",
  '{"topic":"t","@data-type":"none"}x',
  '{"topic":"t","@data-type":"none"',
  '{"topic":"t","@data-type":"none","data":tru}',
  '{"topic":"t","@data-type":"none","data":truex}',
  '{"topic":"t","@data-type":"none","data":}',
  '{"topic"}',
  '\ufeff{"topic":"t","@data-type":"none"}',
];
test("A.2: not JSON, not an object, or no value", () => {
  for (const text of NO_VALUE) fails(text, "failed to decode JSON object");
});

test("A.2: a value, but no topic, or one that is reserved", () => {
  const topics = [
    "",
    '"Topic":"t",',
    '"topic":1,',
    '"topic":null,',
    '"topic":["t"],',
    '"topic":"<$>",',
  ];
  for (const topic of topics) {
    fails(`{${topic}"@data-type":"none"}`, "no topic in top-level JSON object");
  }
});

test("A.2: neither the type nor the order of keys matters, and the last of a key counts", () => {
  for (const text of [
    '{"@data-type":"count","data":1,"topic":"t","type":"data-message"}',
    ' { "data" : 1 ,\r\n\t"topic":"t" , "@data-type" : "count" } ',
    '{"type":17,"topic":"t","data":1,"@data-type":"count","x":{"y":[1.5,null,"z"]}}',
    '{"topic":"u","data":2,"@data-type":"real","@data-type":"count","topic":"t","data":1}',
    String.raw`{"\u0074opic":"t","\u0040data-type":"cou\u006et","data":1}`,
  ]) {
    assert.deepEqual(decodeDataMessage(text), { topic: "t", value: count(1) }, text);
  }
});

test("A.2: the empty topic, and topics that begin like the reserved one, are legal", () => {
  for (const topic of ["", "<$>/local/x", "<$", "\u{1f333}"]) {
    assert.equal(decodeDataMessage(new Message(topic, null).as(encodeDataMessage)).topic, topic);
  }
});

test("F: bytes that are no UTF-8 stay what they are inside of strings", () => {
  const json = Buffer.concat([
    Buffer.from('{"@data-type":"string","data":"a'),
    Buffer.of(0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80),
    Buffer.from('é"}'),
  ]);
  const value = decodeJson(json);
  assert.equal(value, "a\udcff\udcc3(\udced\udca0\udc80é");
  assert.deepEqual(decodeJson(encodeJson(value)), value);
  const outside = Buffer.concat([Buffer.from('{"@data-type":"none"'), Buffer.of(0xff, 0x7d)]);
  assert.throws(() => decodeJson(outside), BrokerFormatError);
});

test("F: a quoted text is legal JSON and says the same", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      (text) => {
        assert.ok(quote(text).isWellFormed());
        assert.equal(JSON.parse(quote(text)), normalText(text));
        assert.equal(parseJson(quote(text)), normalText(text));
      },
    ),
  );
  for (let unit = 0; unit < 0x100; unit++) {
    const text = String.fromCharCode(unit);
    assert.equal(quote(text), JSON.stringify(text));
  }
});

test("F: what JSON.parse reads is read alike", () => {
  const plain = (json: ReturnType<typeof parseJson>): unknown => {
    if (Array.isArray(json)) return json.map(plain);
    return json instanceof JsonNumber ? Number(json.text) : json;
  };
  const anyJson = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
      fc.array(tie("json")),
    ),
  })).json;
  fc.assert(
    fc.property(anyJson, fc.nat(3), (json, indent) => {
      const text = JSON.stringify(json, undefined, indent);
      assert.deepEqual(plain(parseJson(text)), JSON.parse(text));
    }),
  );
});

function fails(text: string, message: string): void {
  for (const form of [text, Buffer.from(text)]) {
    assert.throws(
      () => decodeDataMessage(form),
      (error) => error instanceof BrokerFormatError && error.message === message,
      text,
    );
  }
}
