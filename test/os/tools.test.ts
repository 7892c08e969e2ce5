/** The system's tools that nodes are started through. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { findLaunchTools, findTool } from "../../src/os/tools.ts";
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
