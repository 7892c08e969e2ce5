/** What can be told of processes where the kernel's own words cannot be read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutDescriptors } from "../fixtures/descriptors.ts";

const MODULES = { table: "os/process-table.ts", cgroups: "os/cgroup-fs.ts" };

test("without a free descriptor a process that runs is not taken for one that has ended", () => {
  const [runs, gone] = withoutDescriptors<boolean[]>(
    `const own = table.processStat(process.pid);
     useUp();
     return [table.isRunning(own.pid, own.startTime), table.isRunning(2 ** 22 - 1, 1)];`,
    MODULES,
  );
  assert.equal(runs, true);
  assert.equal(gone, false, "one that has gone has gone");
});

test("without a free descriptor nothing is said to have ended that may live", () => {
  const [groups, marked, before, after, gone] = withoutDescriptors<unknown[]>(
    `const directory = fs.mkdtempSync("/tmp/coppice-group-");
     fs.writeFileSync(directory + "/cgroup.events", "populated 0\\n");
     const isPopulated = (one) => cgroups.isPopulated(one, cgroups.systemCgroups);
     const before = isPopulated(directory);
     useUp();
     const groups = table.livingGroups() ?? null;
     const marked = table.groupsWithVariable("PATH", "") ?? null;
     const value = [groups, marked, before, isPopulated(directory), isPopulated(directory + "/gone")];
     free();
     fs.rmSync(directory, { recursive: true });
     return value;`,
    MODULES,
  );
  assert.equal(groups, null, "which groups live cannot be seen");
  assert.equal(marked, null, "nor whose they are");
  assert.deepEqual([before, after], [false, true], "a control group may have members");
  assert.equal(gone, false, "one that is not there has none");
});
