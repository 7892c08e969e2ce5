/** Values as zeek.conf writes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as values from "../../../src/zeek/zeek-conf/values.ts";

for (const [text, cpus] of [
  ["", []],
  ["1", [1]],
  ["3,2,2,4", [3, 2, 2, 4]],
  ["1-4", [1, 2, 3, 4]],
  ["5-5", [5]],
  ["1-5:2", [1, 3, 5]],
  ["0-8:2,10-20:3", [0, 2, 4, 6, 8, 10, 13, 16, 19]],
  ["9,10-12:1,18-24:2,19-22:3", [9, 10, 11, 12, 18, 20, 22, 24, 19, 22]],
] as const) {
  test(`the CPU list '${text}' is ${cpus.length} CPUs in its own order`, () =>
    assert.deepEqual(values.cpuList(text), cpus));
}

for (const text of [
  ..."a , - : 1, 1,,2 ,2 -2 2- 2-3- 3-2 1-2,3-2 1-2: 1-2:0 1-2:-2 1: 1:1 1-2:1:2 1-2::1".split(" "),
  "1, 2",
  "99999999999999999999",
  "0-8191,".repeat(20).slice(0, -1),
]) {
  test(`'${text.slice(0, 30)}' is no CPU list`, () =>
    assert.equal(values.cpuList(text), undefined));
}

for (const [cpus, text] of [
  [[], ""],
  [[4, 5, 6, 7], "4-7"],
  [[7, 4, 5, 6, 0, 4], "0,4-7"],
  [[10, 9, 2], "2,9-10"],
] as const) {
  test(`a set of the CPUs ${cpus} is '${text}' to taskset`, () =>
    assert.equal(values.cpuSetText(cpus), text));
}

const ADDRESSES = {
  "127.0.0.1": "127.0.0.1",
  "10.0.0.255": "10.0.0.255",
  "[::1]": "::1",
  "[fd00:dead:beef::12]": "fd00:dead:beef::12",
  "10.0.0.256": undefined,
  "10.0.1": undefined,
  "010.0.0.1": undefined,
  "::1": undefined,
  "[::]": undefined,
  "[10.0.0.1]": undefined,
  "[fe80::1%eth0]": undefined,
  localhost: undefined,
  "": undefined,
};
for (const [text, address] of Object.entries(ADDRESSES)) {
  test(`'${text}' as an address is ${address}`, () => assert.equal(values.address(text), address));
}

test("addresses are compared, not their spelling", () => {
  assert.ok(values.isSameAddress("2001:DB8:0::7", "2001:db8::7"));
  assert.ok(!values.isSameAddress("2001:db8::7", "2001:db8::8"));
  assert.ok(!values.isSameAddress("10.0.0.1", "10.0.0.2"));
});

test("127.0.0.0/8 and ::1 are loopback", () => {
  assert.deepEqual(
    ["127.0.0.1", "127.9.9.9", "::1", "0:0::1", "128.0.0.1", "::2"].map(values.isLoopback),
    [true, true, true, true, false, false],
  );
});

for (const [text, nice] of [
  ["-20", -20],
  ["19", 19],
  ["0", 0],
  ["-21", undefined],
  ["20", undefined],
  ["+5", undefined],
  ["", undefined],
] as const) {
  test(`'${text}' as a nice value is ${nice}`, () => assert.equal(values.nice(text), nice));
}

test("a size of memory is a number of bytes, or has one of systemd's suffixes", () => {
  for (const text of ["1", "512M", "2G", "7T", "9K"]) assert.equal(values.memory(text), text);
  for (const text of ["", "K", "17P", "1.5G", "1m", "50%", "infinity"]) {
    assert.equal(values.memory(text), undefined, text);
  }
});

test("a port is 1 to 65535, and 0 is none where there need be none", () => {
  assert.deepEqual(["1", "65535", "0", "65536", "-1", "1x", ""].map(values.port), [
    ...[1, 65_535],
    ...Array<undefined>(5).fill(undefined),
  ]);
  assert.equal(values.portOrNone("0"), 0);
});

test("a variable's value is taken as it is, behind the first '='", () => {
  assert.deepEqual(values.variable(`A='b = c' "d" \\ %`), { name: "A", value: `'b = c' "d" \\ %` });
  assert.deepEqual(values.variable("A="), { name: "A", value: "" });
  for (const text of ["A", "=b", "A B=c", "1A=b", "# a=b", "__proto__=a", "constructor=a"]) {
    assert.equal(values.variable(text), undefined, text);
  }
});

test("a path is absolute, and has no slashes at its end", () => {
  assert.deepEqual(["/opt/zeek//", "/", "//", "opt"].map(values.absolutePath), [
    "/opt/zeek",
    "/",
    "/",
    undefined,
  ]);
});
