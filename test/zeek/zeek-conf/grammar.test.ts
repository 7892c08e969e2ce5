/** The lines of a zeek.conf, in both dialects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAtLeast } from "../../../src/zeek/version.ts";
import { dialectOf } from "../../../src/zeek/zeek-conf/dialect.ts";
import { parse } from "../../../src/zeek/zeek-conf/grammar.ts";

for (const [version, dialect] of [
  ["8.1.0", "8.x"],
  ["8.2.2", "8.x"],
  ["8.2.0-dev.57", "8.x"],
  ["7.0.1", "8.x"],
  ["9.0.0-rc1", "9.0"],
  ["9.1.0-dev.12", "9.0"],
  ["10.0.0", "9.0"],
  ["unknown", "9.0"],
] as const) {
  test(`Zeek ${version} reads the ${dialect} dialect`, () =>
    assert.equal(dialectOf(version), dialect));
}

test("versions are compared as numbers", () => {
  assert.deepEqual(
    ["8.0.9", "8.1.0", "8.10.0", "10.0.0"].map((version) => isAtLeast(version, 8, 1)),
    [false, true, true, true],
  );
});

function shape(text: string, dialect: "8.x" | "9.0" = "9.0"): Record<string, unknown> {
  const { sections, problems } = parse(text, dialect);
  assert.deepEqual(problems, []);
  return Object.fromEntries(
    sections.map(({ name, options }) => [
      name,
      options.map(({ key, line, values }) => [line, key, ...values.map((value) => value.text)]),
    ]),
  );
}

test("9.0: options have a trimmed key in small letters, a value, and a line", () => {
  assert.deepEqual(shape("# c\n\nworkers = 2 \t\r\nmetrics_Port=\nargs=a=b # c\n9x = 1"), {
    "": [
      [3, "workers", "2"],
      [4, "metrics_port", ""],
      [5, "args", "a=b # c"],
      [6, "9x", "1"],
    ],
  });
});

test("9.0: indented lines are further values, over blank lines and comments, whatever they say", () => {
  assert.deepEqual(shape("args = a\n  b  c\n\n# no\n\t# yes\n  workers = 2\n [x]\nloggers = 1"), {
    "": [
      [1, "args", "a", "b  c", "# yes", "workers = 2", "[x]"],
      [8, "loggers", "1"],
    ],
  });
});

test("9.0: sections begin in column 1, and keys are their own in each", () => {
  assert.deepEqual(shape("[zeek]\nargs = a\n[interface a]\nargs = b\n[interface b]"), {
    zeek: [[2, "args", "a"]],
    "interface a": [[4, "args", "b"]],
    "interface b": [],
  });
});

test("9.0: a file without options has no section", () => {
  assert.deepEqual(shape(""), {});
  assert.deepEqual(shape("# nothing\n"), {});
});

test("a no-break space is no blank, in Zeek as here", () => {
  assert.deepEqual(shape("user = \u00a0"), { "": [[1, "user", "\u00a0"]] });
});

test("8.x: lines are trimmed, and keys may begin as they like", () => {
  assert.deepEqual(shape("  # c\n  Workers = 2\n\targs = a # b = c\n", "8.x"), {
    "": [
      [2, "workers", "2"],
      [3, "args", "a # b = c"],
    ],
  });
});

test("8.x: the last of several holds, and that is noted where the others stand", () => {
  const { sections, notes, problems } = parse("workers=1\nloggers=1\nworkers=3\nworkers=2", "8.x");
  assert.deepEqual(problems, []);
  assert.deepEqual(
    sections[0]?.options.map(({ key, values }) => `${key}=${values[0]?.text}`),
    ["workers=2", "loggers=1"],
  );
  assert.deepEqual(notes, [
    { line: 1, text: "'workers' stands again on line 3, which holds" },
    { line: 3, text: "'workers' stands again on line 4, which holds" },
  ]);
});

test("9.0: what looks misplaced in an indented line is noted, and an environment is not", () => {
  const lines = [
    "args = a",
    " # b",
    " ; c",
    " workers = 2",
    " [zeek]",
    " x = 1",
    "env =",
    " PATH=/x",
  ];
  const { notes } = parse(lines.join("\n"), "9.0");
  assert.deepEqual(
    notes.map(({ line }) => line),
    [2, 3, 4, 5],
  );
  assert.equal(
    notes[0]?.text,
    "'# b' is a value of 'args', since the line is indented: comments, options and sections begin in column 1",
  );
});

test("a megabyte of blanks takes no time worth telling", () => {
  for (const dialect of ["8.x", "9.0"] as const) {
    assert.equal(parse(`args = a${" ".repeat(1_000_000)}b`, dialect).problems.length, 0);
    assert.equal(parse(`${" ".repeat(1_000_000)}b`, dialect).problems.length, 1);
  }
});
