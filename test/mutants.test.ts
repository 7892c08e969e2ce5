/** The faults that `npm run mutants` makes can still be made. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "../scripts/mutants/list.ts";
import { mutated, urlOf } from "../scripts/mutants/text.ts";

test("every mutant's place is in its file exactly once, and what comes of it can be run", () => {
  assert.ok(MUTANTS.length >= 60);
  for (const mutant of MUTANTS) {
    const source = fs.readFileSync(fileURLToPath(urlOf(mutant)), "utf8");
    stripTypeScriptTypes(mutated(mutant, source));
  }
});
