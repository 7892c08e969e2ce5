/** Tables: what fits, what is cut, and what is left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coloured, plain } from "../../src/cli/colour.ts";
import { type Column, renderTable } from "../../src/cli/table.ts";
import { cut, displayWidth } from "../../src/cli/width.ts";

const COLUMNS: Column[] = [
  { title: "NAME", least: 6, cutMiddle: true },
  { title: "STATE" },
  { title: "PID", isNumber: true, rank: 1 },
  { title: "NOTE", least: 4, rank: 2 },
];
const row = (...texts: string[]) => texts.map((text) => ({ text }));

test("columns are as wide as they need to be, and numbers stand at the right", () => {
  const lines = renderTable(
    COLUMNS,
    [row("web", "running", "12", "x"), row("database", "waiting", "-", "y")],
    undefined,
    plain,
  );
  assert.deepEqual(lines, [
    "NAME      STATE    PID  NOTE",
    "web       running   12  x",
    "database  waiting    -  y",
  ]);
});

test("what is too wide is cut before a column is left out, and least important ones go first", () => {
  const rows = [row("worker-with-a-long-name-17", "running", "123456", "a longer note")];
  const at = (width: number) =>
    renderTable(COLUMNS, rows, width, plain).map((line) => line.trimEnd());
  assert.equal(at(80)[1], "worker-with-a-long-name-17  running  123456  a longer note");
  assert.equal(at(46)[1], "worker-…ame-17  running  123456  a longer note");
  assert.equal(at(36)[1], "work…-17  running  123456  a longer…");
  assert.equal(at(28)[1], "worke…me-17  running  123456");
  assert.deepEqual(at(17), ["NAME      STATE", "work…-17  running"]);
  assert.deepEqual(at(9), ["N…E  STA…", "w…7  run…"]);
});

test("no line is ever wider than the terminal, whatever its width and whatever is in it", () => {
  const rows = [
    row("日本語のノード名前がここに", "running", "1", "😀😀😀😀😀"),
    row("cafe\u0301-".repeat(9), "waiting, starts in 3s", "99999", "status 1"),
  ];
  for (let width = 1; width < 90; width++) {
    for (const line of renderTable(COLUMNS, rows, width, plain))
      assert.ok(
        displayWidth(line) <= Math.max(width, 0),
        `${width}: ${displayWidth(line)} ${line}`,
      );
  }
});

test("colours take no room", () => {
  const lines = renderTable(
    COLUMNS,
    [[{ text: "web", style: "red" }, { text: "running" }, { text: "1" }, { text: "x" }]],
    undefined,
    coloured,
  );
  assert.equal(lines[1], "\u001b[31mweb\u001b[0m   running    1  x");
});

test("cutting keeps characters whole", () => {
  assert.equal(cut("abcdef", 6), "abcdef");
  assert.equal(cut("abcdef", 4), "abc…");
  assert.equal(cut("abcdef", 5, true), "ab…ef");
  assert.equal(cut("日本語", 4), "日…");
  assert.equal(cut("👨‍👩‍👧👨‍👩‍👧", 3), "👨‍👩‍👧…");
  assert.equal(cut("abc", 1), "…");
  assert.equal(cut("abc", 0), "");
});
