/** Where control groups are, as the kernel tells it on different machines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryKills, ownCgroup, processesIn } from "../../src/os/cgroup-fs.ts";
import { FakeCgroups } from "../fixtures/cgroups.ts";

const V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
const HYBRID = `${V1}40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n`;

test("our own group is found below whichever mount shows it", () => {
  const cases: [what: string, mounts: string, own: string, directory: string | undefined][] = [
    ["a service", V2, "0::/system.slice/c.service\n", "/sys/fs/cgroup/system.slice/c.service"],
    ["the root", V2, "0::/\n", "/sys/fs/cgroup"],
    ["both versions", HYBRID, "4:cpu:/x\n0::/\n", "/sys/fs/cgroup/unified"],
    ["version 1 alone", V1, "4:cpu:/x\n", undefined],
    ["no mount", V1, "4:cpu:/x\n0::/\n", undefined],
    ["outside of the namespace", V2, "0::/../..\n", undefined],
    [
      "a container that shows a part",
      V2.replace(" / /sys", " /docker/1 /sys"),
      "0::/docker/1/sub\n",
      "/sys/fs/cgroup/sub",
    ],
    ["that part itself", V2.replace(" / /", " /docker/1 /"), "0::/docker/1\n", "/sys/fs/cgroup"],
    ["another part", V2.replace(" / /", " /docker/1 /"), "0::/docker/12\n", undefined],
    ["a space", V2.replace("/sys/fs/cgroup", "/a\\040b"), "0::/c\n", "/a b/c"],
    ["no /proc", "", "", undefined],
  ];
  for (const [what, mounts, own, directory] of cases)
    assert.equal(ownCgroup(mounts, own), directory, what);
});

test("processes are those of a group and of the groups in it that can be seen", () => {
  const cgroups = new FakeCgroups("/cg", []);
  cgroups.make("/cg/a");
  cgroups.make("/cg/a/b");
  cgroups.place(1, "/cg/a");
  cgroups.place(2, "/cg/a/b");
  cgroups.place(0, "/cg/a/b");
  assert.deepEqual(processesIn("/cg/a", cgroups), [1, 2]);
  assert.deepEqual(processesIn("/cg/nowhere", cgroups), []);
});

test("kills for want of memory are counted where the kernel counts them", () => {
  const cgroups = new FakeCgroups("/cg", ["memory"]);
  assert.equal(memoryKills("/cg", cgroups), 0);
  cgroups.group("/cg").files.set("memory.events", "low 0\nmax 9\noom 4\noom_kill 3\n");
  assert.equal(memoryKills("/cg", cgroups), 3);
});
