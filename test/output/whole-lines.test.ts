/** Runs of whole lines: nothing lost, nothing cut that need not be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_LINE } from "../../src/output/lines.ts";
import { type Run, WholeLines } from "../../src/output/whole-lines.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const text = (run: Run | undefined) =>
  run && { ...run, bytes: Buffer.from(run.bytes).toString("latin1") };
const whole = (what: string) => ({ bytes: what, begins: true, ends: true });

test("lines are passed on when they are complete, several at once", () => {
  const lines = new WholeLines();
  assert.equal(lines.push(bytes("a")), undefined);
  assert.deepEqual(text(lines.push(bytes("b\nc\n\nd"))), whole("ab\nc\n\n"));
  assert.deepEqual(text(lines.push(bytes("e\n"))), whole("de\n"));
  assert.equal(lines.end(), undefined);
});

test("what is left at the end gets a newline", () => {
  const lines = new WholeLines();
  lines.push(bytes("last"));
  assert.deepEqual(text(lines.end()), whole("last\n"));
  assert.equal(lines.end(), undefined);
});

test("a line longer than 64 KiB is passed on in pieces, which say so", () => {
  const lines = new WholeLines();
  const half = "x".repeat(MAX_LINE / 2);
  assert.equal(lines.push(bytes(half)), undefined);
  assert.equal(lines.push(bytes(half)), undefined);
  const first = text(lines.push(bytes("y")));
  assert.deepEqual(first, { bytes: `${half}${half}y`, begins: true, ends: false });
  assert.equal(lines.push(bytes("z")), undefined);
  assert.deepEqual(text(lines.push(bytes("\n"))), { bytes: "z\n", begins: false, ends: true });
  assert.deepEqual(text(lines.push(bytes("a\n"))), whole("a\n"));
});

test("however it is cut, all of it comes out in order, and short lines come out whole", () => {
  const chunk = fc.array(fc.constantFrom("a", "b", "\n"), { maxLength: 12 }).map((a) => a.join(""));
  const property = fc.property(fc.array(chunk, { maxLength: 400 }), (chunks) => {
    const lines = new WholeLines();
    const runs = [...chunks.map((one) => text(lines.push(bytes(one)))), text(lines.end())];
    const out = runs.filter((run) => run !== undefined);
    const all = chunks.join("");
    const wanted = all === "" || all.endsWith("\n") ? all : `${all}\n`;
    assert.equal(out.map((run) => run.bytes).join(""), wanted);
    for (const run of out) assert.ok(run.begins && run.ends && run.bytes.endsWith("\n"));
  });
  fc.assert(property);
});
