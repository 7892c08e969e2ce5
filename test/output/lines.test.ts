/** Point 46: bytes into lines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineCutter, MAX_LINE, type Rest } from "../../src/output/lines.ts";

interface Piece {
  text: string;
  first: boolean;
  last: boolean;
}

test("46: lines come whole, with their newlines, and empty ones are kept", () => {
  assert.deepEqual(cut(["a\n\nb\n"]), [whole("a\n"), whole("\n"), whole("b\n")]);
});

test("46: a last line without a newline comes at the end of the stream", () => {
  assert.deepEqual(cut(["a\nb"]), [whole("a\n"), whole("b")]);
  assert.deepEqual(cut([]), []);
  assert.deepEqual(cut(["", ""]), []);
});

test("46: an unfinished line waits for its end", () => {
  const pieces: Piece[] = [];
  const cutter = cutterInto(pieces);
  cutter.push(Buffer.from("a"));
  cutter.push(Buffer.from("b"));
  assert.deepEqual(pieces, []);
  cutter.push(Buffer.from("c\nd"));
  assert.deepEqual(pieces, [whole("abc\n")]);
});

test("46: the lines are the same at every split, and one byte at a time", () => {
  const text = "one\n\ntwo\xff\0\r\n\nthree";
  const expected = cut([text]);
  for (let at = 0; at <= text.length; at++) {
    assert.deepEqual(cut([text.slice(0, at), text.slice(at)]), expected, `cut at ${at}`);
  }
  assert.deepEqual(cut([...text]), expected);
});

test("46: a line of 64 KiB is whole, one byte more comes in pieces", () => {
  const full = "x".repeat(MAX_LINE);
  assert.deepEqual(cut([`${full}\n`]), [whole(`${full}\n`)]);
  assert.deepEqual(cut([`${full}y\n`]), [
    { text: full, first: true, last: false },
    { text: "y\n", first: false, last: true },
  ]);
  assert.deepEqual(cut([`${full}${full}y`]), [
    { text: full, first: true, last: false },
    { text: full, first: false, last: false },
    { text: "y", first: false, last: true },
  ]);
});

test("46: the pieces of a long line are the same wherever it is split", () => {
  const text = `${"x".repeat(MAX_LINE)}${"y".repeat(MAX_LINE)}z\nnext\n`;
  const expected = cut([text]);
  for (const edge of [0, 1, MAX_LINE, 2 * MAX_LINE, text.length]) {
    for (let at = Math.max(0, edge - 3); at <= Math.min(text.length, edge + 3); at++) {
      assert.deepEqual(cut([text.slice(0, at), text.slice(at)]), expected, `cut at ${at}`);
    }
  }
});

test("46: after a long line that the stream's end cut off, all is said to be complete", () => {
  const pieces = cut(["x".repeat(MAX_LINE + 1)]);
  assert.deepEqual(pieces.at(-1), { text: "x", first: false, last: true });
});

test("46: no byte is lost, added or changed, whatever the bytes and the pieces", () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom("\n", "\n\n", "a\nb").map((text) => new Uint8Array(Buffer.from(text))),
    fc.integer({ min: 1, max: MAX_LINE + 2 }).map((length) => new Uint8Array(length).fill(0x78)),
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const pieces: Piece[] = [];
      const cutter = cutterInto(pieces);
      for (const one of chunks) cutter.push(one);
      cutter.end();
      const text = Buffer.concat(chunks).toString("latin1");
      assert.equal(pieces.map((piece) => piece.text).join(""), text);
      checkFlags(pieces);
    }),
    { numRuns: 300 },
  );
});

/** A line begins where the last one ended, and only there; only its last piece has the newline. */
function checkFlags(pieces: readonly Piece[]): void {
  let isBetween = true;
  for (const { text, first, last } of pieces) {
    assert.equal(first, isBetween);
    isBetween = last;
    assert.ok(text.length <= MAX_LINE + 1);
    assert.equal(text.slice(0, -1).includes("\n"), false);
    if (!last) assert.equal(text.length, MAX_LINE);
  }
  assert.ok(isBetween, "every line is ended");
}

function cutterInto(pieces: Piece[], rest?: Rest): LineCutter {
  return new LineCutter((source, start, end, first, last) => {
    const text = Buffer.from(source.subarray(start, end)).toString("latin1");
    pieces.push({ text, first, last });
  }, rest);
}

function cut(chunks: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  const cutter = cutterInto(pieces);
  for (const chunk of chunks) cutter.push(Buffer.from(chunk, "latin1"));
  cutter.end();
  return pieces;
}

function whole(text: string): Piece {
  return { text, first: true, last: true };
}

test("46: a cutter that goes on with what another had left gives the same lines, wherever that was", () => {
  const long = `${"x".repeat(MAX_LINE + 10)}\nend`;
  for (const text of ["one\n\ntwo\nthree", long]) {
    const expected = cut([text]);
    for (const at of [0, 1, 3, 4, 5, 8, MAX_LINE, MAX_LINE + 5, MAX_LINE + 11]) {
      const pieces: Piece[] = [];
      const first = cutterInto(pieces);
      first.push(Buffer.from(text.slice(0, at)));
      const second = cutterInto(pieces, first.rest());
      second.push(Buffer.from(text.slice(at)));
      second.end();
      assert.deepEqual(pieces, expected, `handed over at ${at}`);
    }
  }
});
