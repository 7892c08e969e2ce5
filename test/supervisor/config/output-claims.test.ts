/** Which output files two nodes may not share. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { NodeConfig } from "../../../src/core/config.ts";
import { outputClash } from "../../../src/supervisor/config/output-claims.ts";
import { temporaryDirectory } from "../../fixtures/tree.ts";

type Fields = Omit<NodeConfig, "name">;

const clash = (mine: Fields, theirs: Fields) =>
  outputClash({ name: "b", ...mine }, () => [{ name: "a", ...theirs }]);

const CASES: [what: string, mine: Fields, theirs: Fields, clashes: boolean][] = [
  ["the same file", { output: { file: "/d/f" } }, { output: { file: "/d/f" } }, true],
  [
    "the same file by other ways",
    { directory: "/d", output: { file: "f" } },
    { directory: "/d/e", output: { file: "../f" } },
    true,
  ],
  ["another directory", { output: { file: "/d/f" } }, { output: { file: "/e/f" } }, false],
  ["another's old file", { output: { file: "/d/f.1" } }, { output: { file: "/d/f" } }, true],
  [
    "one that has this as an old file",
    { output: { file: "/f" } },
    { output: { file: "/f.2.gz" } },
    true,
  ],
  [
    "a name that is none of an old file",
    { output: { file: "/f.2026" } },
    { output: { file: "/f" } },
    false,
  ],
  ["what another writes to itself", { output: { file: "/f" } }, { stderrFile: "/f" }, true],
  ["what another has rotated", { stdoutFile: "/f.1" }, { output: { file: "/f" } }, true],
  ["two that both write themselves", { stdoutFile: "/f" }, { stdoutFile: "/f" }, false],
  ["none at all", {}, { output: { file: "/f" } }, false],
];

for (const [what, mine, theirs, clashes] of CASES) {
  test(`${what}: ${clashes ? "refused" : "accepted"}`, () => {
    const problem = clash(mine, theirs);
    if (!clashes) assert.equal(problem, undefined);
    else assert.match(problem ?? "", /^node 'b': its output would mix with that of node 'a' in \//);
  });
}

test("a directory that has two names is one", (t) => {
  const directory = temporaryDirectory(t);
  fs.symlinkSync(directory, path.join(directory, "link"));
  const theirs = { output: { file: path.join(directory, "f") } };
  assert.ok(clash({ directory: path.join(directory, "link"), output: { file: "f" } }, theirs));
});
