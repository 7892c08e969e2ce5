/** The demo, run as `npm run demo` runs it: it checks each of its acts itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProjectScript } from "../fixtures/project-script.ts";
import { processesOf, until } from "../fixtures/tree.ts";

test("a tree grows, is cut twice, grows back twice, and ends in order", async (t) => {
  const demo = new ProjectScript(t, "demo.ts");
  assert.equal(await demo.ended(), "0 null", demo.output);
  const acts = [...demo.output.matchAll(/^── (.*) …$/gm)].map(([, title]) => title);
  assert.equal(acts.length, 4);
  assert.match(demo.output, /^ +│ \[supervisor:STDOUT\] \[watcher\] \S+: received \d+ packets\/s/m);
  assert.match(demo.output, /^ +├─ \d+ coppice: watcher$/m);
  assert.match(demo.output, /^All four acts went as they should, in \S+ s\.$/m);
  assert.deepEqual(processesOf(demo.directory), []);
});

test("Ctrl-C leaves nothing running", async (t) => {
  const demo = new ProjectScript(t, "demo.ts");
  await demo.prints(/^── 2\./m);
  demo.child.kill("SIGINT");
  assert.equal(await demo.ended(), "130 null", demo.output);
  assert.deepEqual(processesOf(demo.directory), []);
});

test("an act that fails is named, and the exit status tells", async (t) => {
  const demo = new ProjectScript(t, "demo.ts");
  const [, pid] = await demo.prints(/^ +(\d+) coppice: supervisor$/m);
  process.kill(Number(pid), "SIGKILL");
  assert.equal(await demo.ended(), "1 null", demo.output);
  const [, failed] =
    /^FAILED: act (\d)\. .*: the Supervisor ended with SIGKILL$/m.exec(demo.output) ?? [];
  const [, begun] = [...demo.output.matchAll(/^── (\d)\. /gm)].at(-1) ?? [];
  assert.equal(failed, begun, demo.output);
  await until("all to be gone", () => processesOf(demo.directory).length === 0);
});
