/** Records on disk: whole, private, bounded, and still there when nobody runs. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { CrashRecord } from "../../src/core/crash.ts";
import { readRecord, readSummaries } from "../../src/evidence/files.ts";
import { Store } from "../../src/evidence/store.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

const LIMITS = { keep: 100, maxSize: 1_000_000 };

function record(node: string, at: number, lines: string[] = []): Omit<CrashRecord, "id"> {
  const output = { lines, omitted: 0, complete: true };
  return {
    at,
    node,
    kind: "exit",
    exit: { code: 1 },
    pid: 7,
    generation: 1,
    next: { kind: "waits" },
    stdout: output,
    stderr: output,
    config: { name: node, env: { SECRET: "x" } },
  };
}

test("records are private files that outlive who wrote them, and numbers go on", async (t) => {
  const directory = path.join(temporaryDirectory(t), "crashes");
  const say = (text: string) => assert.fail(text);
  const store = new Store(directory, LIMITS, say);
  assert.deepEqual([await store.list(""), await store.get("1")], [[], undefined]);
  const first = await store.add(record("__proto__", 1, ["a\udcff"]));
  await store.add(record("b", 3));
  await store.update("1", { kind: "gaveUp" });
  await store.update("99", { kind: "gaveUp" });
  assert.deepEqual(await store.get("1"), { ...first, next: { kind: "gaveUp" } });
  const modes = ["", "1.json", "2.json"].map(
    (name) => fs.statSync(path.join(directory, name)).mode & 0o777,
  );
  assert.deepEqual(modes, [0o700, 0o600, 0o600]);
  const later = new Store(directory, LIMITS, say);
  // The last words of the second came late.
  assert.equal((await later.add(record("b", 2))).id, "3");
  const summaries = await later.list("");
  assert.deepEqual(
    summaries.map(({ id, node }) => [id, node]),
    [
      ["1", "__proto__"],
      ["3", "b"],
      ["2", "b"],
    ],
  );
  assert.ok(summaries.every((one) => !("config" in one) && !("stdout" in one)));
  assert.deepEqual(await later.list("b"), summaries.slice(1));
  assert.deepEqual(await readSummaries(directory), summaries);
  assert.deepEqual(await readSummaries(directory, "__proto__"), summaries.slice(0, 1));
  assert.deepEqual(await readRecord(directory, "1"), await later.get("1"));
});

test("no more are kept than so many, and so much", async (t) => {
  const directory = temporaryDirectory(t);
  const store = new Store(directory, { ...LIMITS, keep: 3 }, assert.fail);
  for (let i = 1; i <= 5; i++) await store.add(record("a", i));
  assert.deepEqual(fs.readdirSync(directory).sort(), ["3.json", "4.json", "5.json"]);
  assert.deepEqual(
    (await store.list("")).map(({ id }) => id),
    ["3", "4", "5"],
  );
  // Those of an earlier Supervisor, which kept more, count too.
  const large = ["x".repeat(500_000)];
  const small = new Store(directory, { ...LIMITS, maxSize: 1_000 }, assert.fail);
  await small.add(record("a", 6, large));
  assert.deepEqual(fs.readdirSync(directory), ["6.json"]);
  const none = new Store(directory, { ...LIMITS, keep: 0 }, assert.fail);
  assert.equal((await none.add(record("a", 7))).id, "7");
  assert.equal(await none.get("7"), undefined);
});

test("what was broken off, or is not ours, is no record; ids are no paths", async (t) => {
  const directory = temporaryDirectory(t);
  const write = (name: string, text: string) => fs.writeFileSync(path.join(directory, name), text);
  write("1.json", "");
  write("2.json", '{"id":"2","no');
  write("3.json", "null");
  write("4.json", '{"id":"5"}');
  write("9.json.new", "draft");
  write("note.json", '{"id":"note"}');
  write("007.json", '{"id":"007"}');
  fs.writeFileSync(path.join(directory, "..", "evil.json"), '{"id":"../evil"}');
  t.after(() => fs.rmSync(path.join(directory, "..", "evil.json")));
  const store = new Store(directory, LIMITS, assert.fail);
  assert.deepEqual(await store.list(""), []);
  for (const id of ["1", "2", "3", "4", "note", "007", "../evil", "", "-1", "1e3", "1\n"]) {
    assert.equal(await store.get(id), undefined, id);
    assert.equal(await readRecord(directory, id), undefined, id);
  }
  assert.ok(!fs.existsSync(path.join(directory, "9.json.new")));
  assert.equal((await store.add(record("a", 1))).id, "5");
  fs.rmSync(path.join(directory, "5.json"));
  assert.deepEqual(await store.list(""), []);
});

test("a disk that takes nothing is told of once, and again once it has taken something", async (t) => {
  const directory = path.join(temporaryDirectory(t), "crashes");
  // A file where the directory should be, since root may write anywhere.
  fs.writeFileSync(directory, "");
  const said: string[] = [];
  const store = new Store(directory, LIMITS, (text) => said.push(text));
  for (let i = 1; i <= 3; i++) assert.equal((await store.add(record("a", i))).id, `${i}`);
  assert.equal(said.length, 1);
  assert.match(
    said[0] ?? "",
    /^warning: cannot write records of crashes in .*\/crashes: .+; they are lost/,
  );
  fs.rmSync(directory);
  await store.add(record("a", 4));
  assert.deepEqual(
    (await store.list("")).map(({ id }) => id),
    ["4"],
  );
  fs.rmSync(directory, { recursive: true });
  fs.writeFileSync(directory, "");
  await store.add(record("a", 5));
  assert.equal(said.length, 2);
});
