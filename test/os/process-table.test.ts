/** What can be told of processes where the kernel's own words cannot be read. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const TABLE = pathToFileURL(
  path.join(import.meta.dirname, "..", "..", "src", "os", "process-table.ts"),
).href;

test("without a free descriptor a process that runs is not taken for one that has ended", () => {
  const [runs, gone] = withoutDescriptors(`
    const own = table.processStat(process.pid);
    useUp();
    return [table.isRunning(own.pid, own.startTime), table.isRunning(2 ** 22 - 1, 1)];`);
  assert.equal(runs, true);
  assert.equal(gone, false, "one that has gone has gone");
});

/** Runs code in a process of its own, in which `useUp` takes every descriptor that is left. */
function withoutDescriptors(code: string): unknown[] {
  const script = `
    import fs from "node:fs";
    import * as table from ${JSON.stringify(TABLE)};
    const taken = [];
    function useUp() {
      try { for (;;) taken.push(fs.openSync("/dev/null")); }
      catch (error) { if (error.code !== "EMFILE") throw error; }
    }
    const value = (() => {${code}})();
    for (const fd of taken) fs.closeSync(fd);
    console.log(JSON.stringify(value));`;
  // The shell's limit: what Node.js may raise it to as well.
  const run = `ulimit -n 64; exec "$@"`;
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const args = ["-c", run, "sh", ...node, "--input-type=module", "-e", script];
  return JSON.parse(execFileSync("sh", args, { encoding: "utf8" }));
}
