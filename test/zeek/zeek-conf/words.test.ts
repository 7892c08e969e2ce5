/** Command lines become words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { words } from "../../../src/zeek/zeek-conf/words.ts";

for (const [text, expected] of [
  ["", []],
  ["  ", []],
  ["local", ["local"]],
  [" a  b\tc ", ["a", "b", "c"]],
  [`-e 'print "x y";'`, ["-e", 'print "x y";']],
  [`a"b c"d`, ["ab cd"]],
  [`"" ''`, ["", ""]],
  [`"a\\"b\\\\c\\n"`, ['a"b\\c\\n']],
  [`'a\\b'`, ["a\\b"]],
  [`a\\ b \\"`, ["a b", '"']],
  ["AF_Packet::fanout_id=42 $HOME *.zeek %i", ["AF_Packet::fanout_id=42", "$HOME", "*.zeek", "%i"]],
] as const) {
  test(`${text} is ${expected.length} words`, () => assert.deepEqual(words(text), expected));
}

for (const text of [`'a`, `"a`, `"a\\"`, "a\\"]) {
  test(`${text} has no end`, () => assert.equal(words(text), undefined));
}

test("words that are quoted come back as they were", () => {
  const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (list) => {
      assert.deepEqual(words(list.map(quoted).join(" ")), list);
    }),
  );
});
