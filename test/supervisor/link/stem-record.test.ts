/** Which Stem there is stays written down, whatever the disk says. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { LastingRecord } from "../../../src/supervisor/link/lasting-record.ts";
import { readStemRecord, writeStemRecord } from "../../../src/supervisor/link/stem-record.ts";
import { temporaryDirectory } from "../../fixtures/tree.ts";

const record = (pid: number) => ({
  stem: { pid },
  token: "t".repeat(pid),
  image: "/image",
  supervisor: { pid: 1 },
  keep: 0,
});

/** A place where no other file can be made than the one that is there, if there is one. */
function crowded(t: TestContext) {
  const file = path.join(temporaryDirectory(t), "stem.json");
  fs.mkdirSync(`${file}.new`);
  return { file, empty: () => fs.rmdirSync(`${file}.new`) };
}

test("where there is no room for another file the record takes the place of the last one", (t) => {
  const { file, empty } = crowded(t);
  assert.throws(() => writeStemRecord(file, record(40)), "there is none yet");
  empty();
  writeStemRecord(file, record(40));
  fs.mkdirSync(`${file}.new`);
  writeStemRecord(file, record(2));
  assert.deepEqual(readStemRecord(file)?.stem, { pid: 2 }, "a shorter one, too");
  writeStemRecord(file, record(300));
  assert.deepEqual(readStemRecord(file)?.stem, { pid: 300 });
});

test("a record that cannot be written is tried again until it can, which is told once", (t) => {
  const { file, empty } = crowded(t);
  const said: string[] = [];
  let next: { at: number; act: () => void } | undefined;
  const lasting = new LastingRecord(file, {
    clock: {
      now: () => 0,
      at: (at, act) => {
        next = { at, act };
        return () => {
          next = undefined;
        };
      },
    },
    say: (text) => said.push(text),
  });
  lasting.write(record(1));
  assert.equal(lasting.isWritten, false);
  assert.equal(next?.at, 1_000);
  next?.act();
  assert.equal(lasting.isWritten, false);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^warning: cannot write .*stem\.json: Is a directory/);
  lasting.write(record(2));
  empty();
  next?.act();
  assert.equal(lasting.isWritten, true);
  assert.deepEqual(readStemRecord(file)?.stem, { pid: 2 }, "the newest");
});
