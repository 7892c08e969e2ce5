/** Where a tree's control group is, is written down for those that come after. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { writeOnce } from "../../src/stem/open-cgroups.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

test("what cannot be written is tried again until it can", (t) => {
  const file = path.join(temporaryDirectory(t), "cgroup");
  // A disk that is full has no room for another file; nor has this place.
  fs.mkdirSync(`${file}.new`);
  const waits: { at: number; act: () => void }[] = [];
  const clock = {
    now: () => 5,
    at: (at: number, act: () => void) => {
      waits.push({ at, act });
      return () => {};
    },
  };
  writeOnce(file, "/group", clock);
  assert.equal(fs.existsSync(file), false);
  assert.equal(waits[0]?.at, 1_005);
  waits.shift()?.act();
  assert.equal(fs.existsSync(file), false);
  fs.rmdirSync(`${file}.new`);
  waits.shift()?.act();
  assert.equal(fs.readFileSync(file, "utf8"), "/group");
  assert.deepEqual(waits, []);
});
