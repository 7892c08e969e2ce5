/** A file that is rotated, on a real disk: every line once, whole and in order, and never too much. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { oldFile } from "../../src/core/output-file.ts";
import { WholeLines } from "../../src/output/whole-lines.ts";
import { RotatingFile } from "../../src/stem/rotating-file.ts";
import { nearlyFullDisk } from "../fixtures/disk.ts";
import { temporaryDirectory, until } from "../fixtures/tree.ts";

interface Settings {
  maxSize: number;
  keep?: number;
  compress?: boolean;
}

test("however lines come, every one of them is in the files once, whole and in order", async (t) => {
  const directory = temporaryDirectory(t);
  let count = 0;
  const line = fc.tuple(fc.constantFrom("out", "err"), fc.integer({ min: 0, max: 60 }));
  const property = fc.asyncProperty(
    fc.array(line, { maxLength: 60 }),
    fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
    async (lines, cuts, compress) => {
      const file = path.join(directory, `f${count++}`);
      const one = opened(file, { maxSize: 100, keep: 999, compress });
      // Both streams come in pieces of any length, by turns.
      const pieces = (["out", "err"] as const).map((stream) => {
        const texts = lines.map(([of, length], i) =>
          of === stream ? `${stream} ${i} ${"x".repeat(length)}\n` : "",
        );
        return cutUp(texts.join(""), cuts);
      });
      const streams = [new WholeLines(), new WholeLines()];
      for (let i = 0; i < Math.max(...pieces.map((some) => some.length)); i++) {
        for (const [s, stream] of streams.entries()) {
          const piece = pieces[s]?.[i];
          const run = piece === undefined ? undefined : stream.push(Buffer.from(piece));
          if (run !== undefined) one.file.write(stream, run, () => {});
        }
      }
      one.file.close();
      await quiet(one.file);
      const found = contents(file);
      for (const text of found) assert.ok(text.length <= 100 && text.endsWith("\n"));
      const all = found.join("").split("\n").slice(0, -1);
      assert.equal(all.length, lines.length);
      for (const stream of ["out", "err"]) {
        const wanted = lines.flatMap(([of, length], i) =>
          of === stream ? [`${stream} ${i} ${"x".repeat(length)}`] : [],
        );
        assert.deepEqual(
          all.filter((text) => text.startsWith(stream)),
          wanted,
        );
      }
      assert.deepEqual(one.said, []);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test("it never holds more than it is to, whatever the length of lines, and the newest are kept", async (t) => {
  const file = path.join(temporaryDirectory(t), "f");
  const one = opened(file, { maxSize: 2_000, keep: 2 });
  const text = ["a".repeat(5_000), "b", "c".repeat(1_990), "d".repeat(70_000), "e".repeat(300)];
  const stream = new WholeLines();
  for (const piece of cutUp(`${text.join("\n")}\n`, [1_700])) {
    const run = stream.push(Buffer.from(piece));
    if (run !== undefined) one.file.write(stream, run, () => {});
  }
  one.file.close();
  await quiet(one.file);
  const found = contents(file);
  assert.equal(found.length, 3);
  for (const part of found) assert.ok(part.length <= 2_000, `${part.length} bytes`);
  assert.ok(`${text.join("\n")}\n`.endsWith(found.join("")), "the end of it all");
  assert.ok(found.join("").length > 4_000);
});

test("what is there is appended to, counts, and is given the newline that it lacks", async (t) => {
  const file = path.join(temporaryDirectory(t), "f");
  fs.writeFileSync(file, "before, torn");
  const one = opened(file, { maxSize: 30 });
  await write(one.file, "after it\n", "the next does not fit\n");
  assert.deepEqual(contents(file), ["before, torn\nafter it\n", "the next does not fit\n"]);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
});

test("a long line is not mixed with another stream's: each goes on in a line of its own", async (t) => {
  const file = path.join(temporaryDirectory(t), "f");
  const one = opened(file, { maxSize: 1_000_000 });
  const [a, b] = [new WholeLines(), new WholeLines()];
  const push = (stream: WholeLines, text: string) => {
    const run = stream.push(Buffer.from(text));
    assert.ok(run !== undefined);
    one.file.write(stream, run, () => {});
  };
  const long = "x".repeat(70_000);
  push(a, long);
  push(b, "between\n");
  push(a, "rest\nnext\n");
  one.file.close();
  await quiet(one.file);
  assert.equal(contents(file).join(""), `${long}\nbetween\nrest\nnext\n`);
});

test("what cannot be opened is said once, and when it can be, and lines are whole again", async (t) => {
  const directory = path.join(temporaryDirectory(t), "later");
  const file = path.join(directory, "f");
  const one = opened(file, { maxSize: 1_000 });
  await write(one.file, "lost\n", "lost too\n");
  fs.mkdirSync(directory);
  await until("a line in the file", async () => {
    await write(one.file, "found\n");
    return fs.existsSync(file);
  });
  assert.match(contents(file).join(""), /^(found\n)+$/);
  assert.equal(one.said.length, 2, one.said.join("\n"));
  const [first = "", second = ""] = one.said;
  assert.equal(
    first,
    `node 'n' failed to open its output file ${file}: No such file or directory: lines are lost until it can`,
  );
  const lost = Number(/ again: (\d+) lines were lost$/.exec(second)?.[1]);
  assert.ok(lost >= 2, second);
  assert.match(second, /^node 'n' writes its output file /);
});

test("a directory in its place, or a pipe, is no file to write to", async (t) => {
  const directory = temporaryDirectory(t);
  const one = opened(directory, { maxSize: 1_000 });
  await write(one.file, "lost\n");
  assert.match(one.said.join(), /failed to open its output file .*: Is a directory/);
  const other = opened("/dev/null", { maxSize: 1_000 });
  await write(other.file, "lost\n");
  assert.match(other.said.join(), /failed to open its output file .*: Not a regular file/);
});

test("where it cannot be rotated it stays as large as it is, and that is said once", async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "f");
  // Nobody can rename a file to a directory that is not empty.
  fs.mkdirSync(`${file}.1/x`, { recursive: true });
  const one = opened(file, { maxSize: 20, keep: 1 });
  await write(one.file, "the first one\n", "the second one\n", "the third\n");
  assert.equal(fs.readFileSync(file, "utf8"), "the first one\n");
  assert.equal(one.said.length, 1);
  assert.match(one.said[0]!, /^node 'n' failed to rotate its output file .*: lines are lost until/);
  fs.rmSync(`${file}.1`, { recursive: true });
  await until("a rotation", async () => {
    await write(one.file, "later\n");
    return fs.existsSync(`${file}.1`) || undefined;
  });
  assert.equal(fs.readFileSync(`${file}.1`, "utf8"), "the first one\n");
  assert.match(one.said[1] ?? "", / again: \d+ lines were lost$/);
});

test("a full disk costs whole lines, and no part of one is left", async (t) => {
  const directory = nearlyFullDisk(t);
  if (directory === undefined) return;
  const file = path.join(directory, "f");
  const one = opened(file, { maxSize: 10_000_000 });
  for (let i = 0; i < 40; i++) await write(one.file, `${i} ${"x".repeat(9_999)}\n`);
  assert.equal(one.said.length, 1);
  assert.match(one.said[0]!, /failed to write its output file .*: No space left on device: lines/);
  const before = contents(file).join("");
  assert.match(before, /^(\d+ x{9999}\n)+$/);
  fs.rmSync(path.join(directory, "filler"));
  await until("a line in the file", async () => {
    await write(one.file, "again\n");
    return contents(file).join("").endsWith("again\n");
  });
  assert.equal(
    contents(file)
      .join("")
      .replace(/(again\n)+$/, ""),
    before,
  );
  assert.equal(one.said.length, 2);
});

test("old ones are compressed, and what an interruption left is taken up", async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "f");
  fs.writeFileSync(`${file}.1`, "left over\n");
  fs.writeFileSync(`${file}.1.gz.new`, "half of it");
  const one = opened(file, { maxSize: 12, keep: 3, compress: true });
  await write(one.file, "line one\n", "line two\n", "line three\n");
  await quiet(one.file);
  assert.deepEqual(fs.readdirSync(directory).sort(), ["f", "f.1.gz", "f.2.gz", "f.3.gz"]);
  assert.deepEqual(contents(file), ["left over\n", "line one\n", "line two\n", "line three\n"]);
  assert.equal(fs.statSync(`${file}.1.gz`).mode & 0o777, 0o600);
});

test("it can be emptied; old ones stay", async (t) => {
  const file = path.join(temporaryDirectory(t), "f");
  fs.writeFileSync(file, "before\n");
  fs.writeFileSync(`${file}.1`, "long before\n");
  const one = opened(file, { maxSize: 100 });
  one.file.truncate();
  await write(one.file, "after\n");
  assert.deepEqual(contents(file), ["long before\n", "after\n"]);
});

function opened(
  file: string,
  { maxSize, keep = 5, compress = false }: Settings,
): { file: RotatingFile; said: string[] } {
  const said: string[] = [];
  const words = { node: "n", say: (text: string) => void said.push(text) };
  return { file: new RotatingFile(file, { file, maxSize, keep, compress }, words), said };
}

const OWNER = {};

function write(file: RotatingFile, ...texts: string[]): Promise<void> {
  return new Promise((done) => {
    for (const [i, text] of texts.entries()) {
      const run = { bytes: Buffer.from(text), begins: true, ends: true };
      file.write(OWNER, run, i === texts.length - 1 ? done : () => {});
    }
    file.close();
  });
}

function quiet(file: RotatingFile): Promise<void> {
  return new Promise((done) => file.whenQuiet(done));
}

/** What the files hold, from the oldest to the newest. */
function contents(file: string): string[] {
  const { dir, base } = path.parse(file);
  const age = (name: string) => (name === base ? 0 : (oldFile(base, name)?.number ?? -1));
  return fs
    .readdirSync(dir)
    .filter((name) => age(name) >= 0)
    .sort((a, b) => age(b) - age(a))
    .map((name) => {
      const bytes = fs.readFileSync(path.join(dir, name));
      return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    });
}

function cutUp(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
