/** Points 1 to 11 of the Supervisor's behaviour: who is who, and how life begins and ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { plant, titleOf } from "../fixtures/tree.ts";

test("2: ps shows the Supervisor, the Stem and the nodes by name", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", async () => {
       if (supervisor.isSupervisor()) console.log("node", (await supervisor.create({ name: "foo" })).pid);
       else console.log("init of", supervisor.node().name);
     });`,
  );
  const pid = Number((await tree.line(/^node (\d+)$/m))[1]);
  await tree.line(/^\[supervisor:STDOUT\] \[foo\] init of foo$/m);
  assert.equal(titleOf(tree.pid), "coppice: supervisor");
  assert.equal(titleOf(await tree.stem()), "coppice: stem");
  assert.equal(titleOf(pid), "coppice: foo");
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});
