/** The grammar of node.cfg, as Python's configparser has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIni } from "../../../src/zeek/zeekctl/ini.ts";

function read(text: string): unknown {
  const { sections, problems } = parseIni({ file: "f", text });
  if (problems.length > 0) return problems.map(({ line, text: words }) => `${line}: ${words}`);
  return Object.fromEntries(
    sections.map(({ name, keys }) => [
      name,
      Object.fromEntries(keys.map(({ name: key, value }) => [key, value])),
    ]),
  );
}

// What Python 3.11's configparser makes of the same texts.
const TEXTS: [what: string, text: string, sections: unknown][] = [
  ["= and : between key and value", "[a]\nx=1\ny : 2\nz:1=2", { a: { x: "1", y: "2", z: "1=2" } }],
  ["keys know no capitals", "[a]\nLB_Procs = 2", { a: { lb_procs: "2" } }],
  ["'.' in a key is '_'", "[a]\naf_packet.fanout_id = 2", { a: { af_packet_fanout_id: "2" } }],
  ["sections know capitals", "[a]\n[A]", { a: {}, A: {} }],
  ["comments start a line", "# a\n; b\n[a]\n  # c\nx=1", { a: { x: "1" } }],
  ["a comment behind a value is of the value", "[a]\nx = 1 # no", { a: { x: "1 # no" } }],
  ["an indented line goes on", "[a]\nx=1\n  y=2", { a: { x: "1\ny=2" } }],
  ["also if it looks like a section", "[a]\nx=1\n [b]", { a: { x: "1\n[b]" } }],
  ["also behind an empty line", "[a]\nx=1\n\n  2", { a: { x: "1\n\n2" } }],
  ["and behind a comment", "[a]\nx=1\n# c\n  2", { a: { x: "1\n2" } }],
  ["the first key may be indented", "[a]\n  x=1\n  y=2", { a: { x: "1", y: "2" } }],
  ["a value may be empty", "[a]\nx=\ny =", { a: { x: "", y: "" } }],
  ["%% is a percent sign", "[a]\nx=5%%", { a: { x: "5%" } }],
  ["%(y)s is y's value", "[a]\nx=<%(Y)s>\ny=2", { a: { x: "<2>", y: "2" } }],
  [
    "[DEFAULT] is for all",
    "[DEFAULT]\nx=1\ny=2\n[a]\ny=3\n[b]",
    { a: { x: "1", y: "3" }, b: { x: "1", y: "2" } },
  ],
  ["lines end as anywhere", "[a]\r\nx=1\r\ny=2\rz=3", { a: { x: "1", y: "2", z: "3" } }],
];

for (const [what, text, sections] of TEXTS) {
  test(what, () => assert.deepEqual(read(text), sections));
}

const WRONG: [text: string, problems: string[]][] = [
  ["x=1\ny=2\n[a]", ["1: 'x=1' stands before the first [section]"]],
  ["[a]\nlb_procs 2", ["2: 'lb_procs 2' is neither a [section] nor 'key = value'"]],
  ["[a]\n=2", ["2: '=2' has no key"]],
  ["[a]\nx=1\nX=2", ["3: key 'X' is already on line 2"]],
  ["[a]\nx.y=1\nx_y=2", ["3: key 'x_y' is already on line 2"]],
  ["[a]\n[b]\n[a]\nx=1\n", ["3: section 'a' is already on line 1"]],
  [
    "[a\n[]\n[a] b",
    ["1: '[a' is not a [section]", "2: '[]' is not a [section]", "3: '[a] b' is not a [section]"],
  ],
  ["[a]\nx=5%", ["2: key 'x': a '%' is written '%%'"]],
  ["[a]\nx=%(y)s", ["2: key 'x': '%(y)s' names no key of this section"]],
  ["[a]\nx=%(x)s", ["2: key 'x': '%(…)s' goes round in circles"]],
];

for (const [text, problems] of WRONG) {
  test(`${JSON.stringify(text)} is wrong`, () => assert.deepEqual(read(text), problems));
}

test("each key knows its line, and the lines that continue it", () => {
  const { sections } = parseIni({ file: "f", text: "# c\n[a]\nx = 1\n  2\n\ny = 3\n" });
  const [section] = sections;
  assert.equal(section?.line, 2);
  assert.deepEqual(
    section?.keys.map(({ name, line }) => [name, line]),
    [
      ["x", 3],
      ["y", 6],
    ],
  );
  assert.deepEqual(section?.keys[0]?.more[0], { line: 4, text: "2" });
});

const pieces = fc.constantFrom(
  ...["[a]", "[b]", "[DEFAULT]", "[", "]", "x", "y.z", "=", ":", " ", "  ", "\n", "\r\n", "\n "],
  ...["#", ";", "%", "%%", "%(x)s", "%(", "1", "\0", "ß", "\u2028"],
);

test("no text makes it throw, and each problem has a line of the text", () => {
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (written) => {
      const lines = written.split(/\r\n|\r|\n/).length;
      const { sections, problems } = parseIni({ file: "f", text: written });
      for (const { line, file } of problems) {
        assert.ok(line !== undefined && line >= 1 && line <= lines, written);
        assert.equal(file, "f");
      }
      for (const { keys } of sections) {
        assert.equal(new Set(keys.map(({ name }) => name)).size, keys.length);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("what is written as keys and values is read as it was", () => {
  const word = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const file = fc.dictionary(word, fc.dictionary(word, value, { noNullPrototype: true }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(file, (sections) => {
      const text = Object.entries(sections)
        .map(([name, keys]) => {
          const lines = Object.entries(keys).map(([k, v]) => `${k} = ${v.replaceAll("%", "%%")}`);
          return `[${name}]\n${lines.join("\n")}\n`;
        })
        .join("\n");
      assert.deepEqual(read(text), sections);
    }),
  );
});

test("references that multiply do not fill the memory", () => {
  const keys = Array.from({ length: 9 }, (_, i) => `k${i} = ${`%(k${i + 1})s`.repeat(20)}`);
  const text = `[a]\n${keys.join("\n")}\nk9 = 0123456789\n`;
  assert.match(String(read(text)), /too long/);
});
