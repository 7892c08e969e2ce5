/** Point 12: what is wrong with a name or a configuration, in Zeek's words where it has some. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  configProblem,
  DEFAULT_POLICY,
  MAX_NAME_BYTES,
  nameProblem,
  policyOf,
} from "../../src/core/config.ts";

test("12: names that Zeek refuses, in its words", () => {
  assert.equal(nameProblem(""), "node names must not be an empty string");
  assert.equal(nameProblem("a b"), "node names must not contain spaces: 'a b'");
});

test("12: names that could not be names of files", () => {
  for (const name of ["a/b", "/", "a\0b", "a\nb", "\x1b[1m", "a\x7f", "a\x85b", ".", ".."]) {
    assert.match(nameProblem(name) ?? "none", /^node names must not contain ./, name);
  }
  for (const name of ["a", "worker-1", "...", ".a", "__proto__", "größe", "木", "a'b", "a:b"]) {
    assert.equal(nameProblem(name), undefined, name);
  }
});

test("12: names are at most 200 bytes long, in whatever script", () => {
  const letters = ["a", "ß", "木", "🌳"];
  for (const letter of letters) {
    const longest = letter.repeat(Math.floor(MAX_NAME_BYTES / Buffer.byteLength(letter)));
    assert.equal(nameProblem(longest), undefined);
    assert.match(nameProblem(`${longest}${letter}`) ?? "none", /not contain more than 200 bytes/);
  }
});

test("12: a name that is accepted can be a file's name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      if (nameProblem(name) !== undefined) return;
      assert.ok(Buffer.byteLength(name) > 0 && Buffer.byteLength(name) <= MAX_NAME_BYTES);
      assert.ok(!/[/ \0]/.test(name) && name !== "." && name !== "..");
    }),
  );
});

test("12: interface and pcap_file exclude each other", () => {
  assert.equal(
    configProblem({ name: "n", interface: "en0", pcapFile: "a.pcap" }),
    "node with name 'n' has interface and pcap_file set",
  );
  assert.equal(configProblem({ name: "n", interface: "en0" }), undefined);
  assert.equal(configProblem({ name: "n", pcapFile: "a.pcap" }), undefined);
});

test("31, 40: policies that say little are filled in with Zeek's constants", () => {
  assert.deepEqual(policyOf({ name: "n" }), DEFAULT_POLICY);
  const own = policyOf({ name: "n", revival: { limit: 3 }, stop: { attempts: 1 } });
  assert.deepEqual(own.revival, { ...DEFAULT_POLICY.revival, limit: 3 });
  assert.deepEqual(own.stop, { signal: "SIGTERM", interval: 2_000, attempts: 1 });
});
