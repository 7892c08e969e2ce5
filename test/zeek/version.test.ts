/** Zeek's versions, and what follows from them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allowsStem,
  backendOperands,
  backendProblem,
  compareVersions,
  defaultBackend,
  parseVersion,
  type Version,
} from "../../src/zeek/version.ts";

const version = (text: string): Version => parseVersion(text) ?? assert.fail(text);

test("versions are read as Zeek writes them", () => {
  assert.deepEqual(version("8.2.2"), { major: 8, minor: 2, patch: 2 });
  assert.deepEqual(version("9.1.0-dev.12"), {
    major: 9,
    minor: 1,
    patch: 0,
    before: { stage: "dev", number: 12 },
  });
  assert.deepEqual(version("zeek version 8.2.2-dev.45-debug\n").before, {
    stage: "dev",
    number: 45,
  });
  assert.deepEqual(version("9.0.0-rc1").before, { stage: "rc", number: 1 });
  assert.deepEqual(version("7.0"), { major: 7, minor: 0, patch: 0 });
  for (const text of ["", "zeek", "8", "version 8.2.2", "x8.2.2", "8.x"])
    assert.equal(parseVersion(text), undefined, text);
});

test("versions are in the order in which they are released", () => {
  const order = ["7.0.9", "8.2.2-dev.9", "8.2.2-dev.45-debug", "8.2.2", "8.2.10", "8.10.0"];
  const before = ["9.0.0-dev.700", "9.0.0-beta1", "9.0.0-rc1", "9.0.0-rc2", "9.0.0", "10.0.0"];
  const all = [...order, ...before].map(version);
  for (const [i, a] of all.entries()) {
    for (const [j, b] of all.entries())
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${i} ${j}`);
  }
});

test("nodes of Zeek 7.0 and later are supervised by default", () => {
  assert.equal(allowsStem(version("6.2.1")), false);
  assert.equal(allowsStem(version("7.0.0")), true);
  assert.equal(allowsStem(version("9.1.0-dev.12")), true);
});

test("a backend by name is what its version of Zeek calls it", () => {
  const zeromq = "frameworks/cluster/backend/zeromq";
  const table: [version: string, byDefault: string[], zeromq: string[], broker: string[]][] = [
    ["7.0.5", [], [`${zeromq}/connect`], []],
    ["7.1.0", [], [`${zeromq}/connect`], []],
    ["8.0.3", [], [`${zeromq}/connect`], []],
    ["8.1.0", [zeromq], [zeromq], ["frameworks/cluster/backend/broker"]],
    ["8.2.2", [zeromq], [zeromq], ["frameworks/cluster/backend/broker"]],
    ["9.1.0-dev.12", [zeromq], [zeromq], ["frameworks/cluster/backend/broker"]],
  ];
  for (const [text, byDefault, byZeromq, byBroker] of table) {
    const one = version(text);
    assert.deepEqual(defaultBackend(one), byDefault, text);
    assert.deepEqual(backendOperands(undefined, one), byDefault, text);
    assert.deepEqual(backendOperands("zeromq", one), byZeromq, text);
    assert.deepEqual(backendOperands("broker", one), byBroker, text);
    assert.deepEqual(backendOperands("none", one), [], text);
    assert.deepEqual(backendOperands(["my/backend", "X=1"], one), ["my/backend", "X=1"], text);
  }
});

test("a Zeek before 7.1 has no ZeroMQ", () => {
  assert.equal(
    backendProblem("zeromq", version("7.0.5")),
    "Zeek 7.0 has no ZeroMQ backend: leave 'backend' out, or take 7.1 or later",
  );
  assert.equal(backendProblem("zeromq", version("7.1.0")), undefined);
  assert.equal(backendProblem(undefined, version("7.0.5")), undefined);
});
