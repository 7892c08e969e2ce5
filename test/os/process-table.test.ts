/** What can be told of processes where the kernel's own words cannot be read. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const OS = path.join(import.meta.dirname, "..", "..", "src", "os");
const source = (name: string) => pathToFileURL(path.join(OS, `${name}.ts`)).href;

test("without a free descriptor a process that runs is not taken for one that has ended", () => {
  const [runs, gone] = withoutDescriptors(`
    const own = table.processStat(process.pid);
    useUp();
    return [table.isRunning(own.pid, own.startTime), table.isRunning(2 ** 22 - 1, 1)];`);
  assert.equal(runs, true);
  assert.equal(gone, false, "one that has gone has gone");
});

test("without a free descriptor nothing is said to have ended that may live", () => {
  const [groups, before, after, gone] = withoutDescriptors(`
    const directory = fs.mkdtempSync("/tmp/coppice-group-");
    fs.writeFileSync(directory + "/cgroup.events", "populated 0\\n");
    const isPopulated = (one) => cgroups.isPopulated(one, cgroups.systemCgroups);
    const before = isPopulated(directory);
    useUp();
    const value = [table.livingGroups() ?? null, before, isPopulated(directory), isPopulated(directory + "/gone")];
    free();
    fs.rmSync(directory, { recursive: true });
    return value;`);
  assert.equal(groups, null, "which groups live cannot be seen");
  assert.deepEqual([before, after], [false, true], "a control group may have members");
  assert.equal(gone, false, "one that is not there has none");
});

/** Runs code in a process of its own, in which `useUp` takes every descriptor that is left. */
function withoutDescriptors(code: string): unknown[] {
  const script = `
    import fs from "node:fs";
    import * as table from ${JSON.stringify(source("process-table"))};
    import * as cgroups from ${JSON.stringify(source("cgroup-fs"))};
    const taken = [];
    function free() { for (const fd of taken.splice(0)) fs.closeSync(fd); }
    function useUp() {
      try { for (;;) taken.push(fs.openSync("/dev/null")); }
      catch (error) { if (error.code !== "EMFILE") throw error; }
    }
    const value = (() => {${code}})();
    free();
    console.log(JSON.stringify(value));`;
  // The shell's limit: what Node.js may raise it to as well.
  const run = `ulimit -n 64; exec "$@"`;
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const args = ["-c", run, "sh", ...node, "--input-type=module", "-e", script];
  return JSON.parse(execFileSync("sh", args, { encoding: "utf8" }));
}
