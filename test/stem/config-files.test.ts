/** Nodes' configurations on disk. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ConfigFiles } from "../../src/stem/config-files.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

test("one that is there already is replaced, not written to: it may be somebody else's", (t) => {
  const files = new ConfigFiles(temporaryDirectory(t));
  const file = files.file("a");
  const other = `${file}.other`;
  fs.writeFileSync(file, "a longer one than what is to be there");
  fs.linkSync(file, other);
  files.write({ config: { name: "a" }, id: 1, generation: 0, fresh: true });
  assert.deepEqual(JSON.parse(fs.readFileSync(file, "utf8")), { name: "a" });
  assert.match(fs.readFileSync(other, "utf8"), /^a longer one/);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
});

test("one that cannot be removed is no obstacle, and one that cannot be written fails a start", (t) => {
  const files = new ConfigFiles(temporaryDirectory(t));
  const file = files.file("a");
  fs.mkdirSync(path.join(file, "in the way"), { recursive: true });
  files.forget("a");
  assert.throws(
    () => files.write({ config: { name: "a" }, id: 1, generation: 0, fresh: true }),
    /^Error: node 'a' failed to write its configuration /,
  );
});
