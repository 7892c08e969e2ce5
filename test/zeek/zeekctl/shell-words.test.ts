/** ZeekArgs and aux_scripts went through a shell with ZeekControl. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { shellWords } from "../../../src/zeek/zeekctl/shell-words.ts";

const SPLIT: [text: string, words: string[]][] = [
  ["", []],
  ["  ", []],
  ["-C  -f x", ["-C", "-f", "x"]],
  ["-f 'tcp port 80'", ["-f", "tcp port 80"]],
  ['-f "tcp port 80" -C', ["-f", "tcp port 80", "-C"]],
  [`a"b c"'d e'f`, ["ab cd ef"]],
  ["''", [""]],
  ['"a\\"b\\\\c\\$d\\e"', ['a"b\\c$d\\e']],
  ["a\\ b\\;", ["a b;"]],
  ["'$x;`y`'", ["$x;`y`"]],
  ["Site::x+=1 {a,b} *.zeek a#b", ["Site::x+=1", "{a,b}", "*.zeek", "a#b"]],
  ["a ''#b '#c' # d 'e", ["a", "#b", "#c"]],
  ["# a", []],
];

for (const [text, words] of SPLIT) {
  test(`${JSON.stringify(text)} is split`, () => assert.deepEqual(shellWords(text), { words }));
}

const REFUSED: [text: string, problem: RegExp][] = [
  ["a 'b", /a ' without its other half/],
  ['a "b', /a " without its other half/],
  ['a "b\\"', /a " without its other half/],
  ["a\\", /a '\\' at its end/],
  ["a; b", /';' would mean nothing/],
  ["a > b", /'>' would mean nothing/],
  ["$HOME", /'\$' would mean nothing/],
  ['"$HOME"', /no shell expands '\$'/],
  ["`id`", /'`' would mean nothing/],
];

for (const [text, problem] of REFUSED) {
  test(`${JSON.stringify(text)} is refused: no shell is there`, () => {
    const result = shellWords(text);
    assert.ok("problem" in result);
    assert.match(result.problem, problem);
  });
}

test("words that are quoted for a shell come back as they were", () => {
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      assert.deepEqual(shellWords(words.map(quote).join(" ")), { words });
    }),
  );
});
