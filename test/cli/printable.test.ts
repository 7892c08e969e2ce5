/** What others say cannot do anything to a terminal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonLine, printable, terminalLine } from "../../src/cli/printable.ts";

const ESC = "\u001b";
const COLOUR = new RegExp(`${ESC}\\[[0-9;:]*m`, "g");

test("control characters are shown, and text of people stays", () => {
  assert.equal(
    printable("a\u001b[2Jb\nc\rd\te\u0007\u009b31m"),
    "a\\x1b[2Jb\\nc\\rd\\te\\x07\\x9b31m",
  );
  assert.equal(printable("web-1 é 日本 😀"), "web-1 é 日本 😀");
  assert.equal(printable("a\u202eb\u2028c"), "a\\u{202e}b\\u{2028}c");
  assert.equal(printable("\udcff\ud800"), "\\xff\\u{d800}");
});

test("on a terminal a line keeps its colours, and no other sequence", () => {
  const cases: [string, string][] = [
    ["plain", "plain"],
    ["a\tb\r", "a\tb"],
    [`${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m${ESC}[0m`],
    [`${ESC}[38:2::1:2:3mx`, `${ESC}[38:2::1:2:3mx${ESC}[0m`],
    [`a${ESC}[2Jb${ESC}[10;10Hc`, "abc"],
    [`a${ESC}]0;title\u0007b${ESC}]52;c;eA==${ESC}\\c`, "abc"],
    [`a${ESC}Pq#0${ESC}\\b${ESC}_x${ESC}\\c`, "abc"],
    [`a\u009b2Jb\u009dtitle\u009cc`, "abc"],
    [`a${ESC}cb${ESC}(Bc`, "abc"],
    [`a${ESC}[31`, "a"],
    ["50%\r100%", "50%\\r100%"],
    ["bell\u0007 raw\udc9b", "bell\\x07 raw\\x9b"],
  ];
  for (const [text, shown] of cases) assert.equal(terminalLine(text, true), shown);
  assert.equal(terminalLine(`${ESC}[31mred${ESC}[0m`, false), "red");
});

test("no text of any kind gets a control character to a terminal, but for colours", () => {
  const nasty = fc.array(
    fc.oneof(
      fc.constantFrom(
        ESC,
        "[",
        "]",
        "31m",
        "2J",
        ";",
        "\u009b",
        "\u009d",
        "\u0007",
        "\\",
        "P",
        "m",
      ),
      fc.string({ unit: "binary" }),
    ),
  );
  fc.assert(
    fc.property(nasty, (parts) => {
      const shown = terminalLine(parts.join(""), true);
      assert.doesNotMatch(shown.replaceAll(COLOUR, ""), /[^\P{Cc}\t]/u);
      assert.doesNotMatch(printable(parts.join("")), /\p{Cc}/u);
      assert.doesNotMatch(terminalLine(parts.join(""), false), /[^\P{Cc}\t]/u);
    }),
  );
});

test("JSON is a line without control characters, and means the same", () => {
  const value = { name: "a\u009b\u007f\n\u001b", text: "é\udcff" };
  const line = jsonLine(value);
  assert.match(line, /^[^\p{Cc}]*\n$/u);
  assert.deepEqual(JSON.parse(line), value);
});
