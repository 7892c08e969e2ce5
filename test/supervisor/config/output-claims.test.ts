/** Which output files two nodes may not share. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { NodeConfig } from "../../../src/core/config.ts";
import { OutputClaims } from "../../../src/supervisor/config/output-claims.ts";
import { temporaryDirectory } from "../../fixtures/tree.ts";

type Fields = Omit<NodeConfig, "name">;

function clash(mine: Fields, theirs: Fields): string | undefined {
  const claims = new OutputClaims();
  claims.came({ name: "a", ...theirs });
  return claims.clash({ name: "b", ...mine });
}

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
  ["another of another's old names", { output: { file: "/f.1" } }, { stdoutFile: "/f.2" }, false],
  [
    "an old file of an old name",
    { output: { file: "/f.1.2" } },
    { output: { file: "/f.1" } },
    true,
  ],
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

test("a directory that is not there yet is known by the names of what it will be in", (t) => {
  const directory = temporaryDirectory(t);
  fs.symlinkSync(directory, path.join(directory, "link"));
  const theirs = { output: { file: path.join(directory, "new/dir/f") } };
  const mine = { stdoutFile: path.join(directory, "link/new/dir/f") };
  assert.ok(clash(mine, theirs));
  fs.mkdirSync(path.join(directory, "new/dir"), { recursive: true });
  assert.ok(clash(mine, theirs));
});

test("a file is free again once its node is gone, or is to have another", () => {
  const claims = new OutputClaims();
  const isFree = (file: string) => claims.clash({ name: "b", stdoutFile: file }) === undefined;
  claims.came({ name: "a", output: { file: "/f.1" } });
  assert.deepEqual(["/f", "/f.1", "/f.1.1", "/g"].map(isFree), [true, false, false, true]);
  assert.match(claims.clash({ name: "b", output: { file: "/f" } }) ?? "", /in \/f: choose another/);
  claims.came({ name: "a", output: { file: "/g" } });
  assert.deepEqual(["/f", "/f.1", "/f.1.1", "/g"].map(isFree), [true, true, true, false]);
  assert.equal(claims.clash({ name: "b", output: { file: "/f" } }), undefined);
  claims.left("a");
  assert.ok(isFree("/g"));
  claims.left("a");
});

test("of several that write to a file, each keeps it from being rotated", () => {
  const claims = new OutputClaims();
  for (const name of ["a", "__proto__", "c"]) claims.came({ name, stdoutFile: "/f" });
  const other = () =>
    / of node '(.*)' in /.exec(claims.clash({ name: "b", output: { file: "/f" } }) ?? "");
  for (const name of ["a", "__proto__", "c"]) {
    assert.equal(other()?.[1], name);
    claims.left(name);
  }
  assert.equal(other(), null);
});

test("what one more node costs does not depend on how many there are", (t) => {
  const { mock } = t.mock.method(fs.realpathSync, "native", (name: string) => name);
  const claims = new OutputClaims();
  for (let i = 1; i <= 1_000; i++) {
    const config = { name: `n${i}`, output: { file: `/d/${i}/f` } };
    assert.equal(claims.clash(config), undefined);
    claims.came(config);
    assert.equal(mock.callCount(), i);
  }
});
