/** The system's tools that nodes are started through. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { executableProblem, findLaunchTools, findTool } from "../../src/os/tools.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

/** What is found where this is the first setpriv. */
function foundWith(t: TestContext, text: string): string | undefined {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "setpriv"), text, { mode: 0o700 });
  const before = process.env["PATH"];
  process.env["PATH"] = `${directory}:${before}`;
  t.after(() => {
    process.env["PATH"] = before;
  });
  return findLaunchTools().setpriv && path.join(directory, "setpriv");
}

test("a setpriv that knows the signal of a parent's death is used", (t) => {
  const real = findTool("setpriv") ?? "";
  assert.equal(findLaunchTools().setpriv, real);
  assert.notEqual(foundWith(t, `#!/bin/sh\nexec ${real} "$@"\n`), undefined);
});

test("one that does not, as busybox has it, is done without", (t) => {
  assert.equal(foundWith(t, "#!/bin/sh\necho 'unrecognized option' >&2\nexit 1\n"), undefined);
});

test("whether a program can be executed is so now, whatever was found before", (t) => {
  const [first, second] = [temporaryDirectory(t), temporaryDirectory(t)];
  const problem = (directory = "/") =>
    executableProblem("tool", `${first}:here:${second}`, directory);
  const missing = "No such file or directory";
  assert.equal(problem(), missing);
  const tool = path.join(second, "tool");
  fs.writeFileSync(tool, "", { mode: 0o700 });
  const stat = t.mock.method(fs, "statSync");
  assert.equal(problem(), undefined);
  assert.equal(stat.mock.callCount(), 3);
  assert.equal(problem(), undefined);
  assert.equal(stat.mock.callCount(), 4, "it is where it was");
  fs.rmSync(tool);
  assert.equal(problem(), missing);
  // Found from a directory, it is not found from others.
  fs.mkdirSync(path.join(first, "here"));
  fs.writeFileSync(path.join(first, "here/tool"), "", { mode: 0o700 });
  assert.equal(problem(first), undefined);
  assert.equal(problem(second), missing);
  fs.renameSync(path.join(first, "here/tool"), path.join(first, "tool"));
  assert.equal(problem(second), undefined);
});
