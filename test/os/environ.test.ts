/** What a process was started with: also of one that is just taking on another program. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { environmentEntries } from "../../src/os/environ.ts";
import { groupsWithVariable } from "../../src/os/process-table.ts";
import { atEnd, temporaryDirectory, until } from "../fixtures/tree.ts";

const LOOKS = 20_000;

/** A process of its own group with this environment. */
async function start(t: TestContext, command: string, env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, ["1000"], { env, detached: true, stdio: "ignore" });
  atEnd(t, () => child.kill("SIGKILL"));
  await once(child, "spawn");
  return child.pid!;
}

test("a process that does nothing but take on another program never seems to have no environment", async (t) => {
  const program = path.join(temporaryDirectory(t), "again");
  fs.writeFileSync(program, '#!/bin/sh\nexec "$0"\n', { mode: 0o755 });
  const pid = await start(t, program, { MARK: program });
  let isSeenWithout = false;
  for (let look = 0; look < LOOKS; look++) {
    isSeenWithout ||= fs.readFileSync(`/proc/${pid}/environ`, "latin1") === "";
    assert.ok(environmentEntries(pid)?.includes(`MARK=${program}`), `look ${look}`);
  }
  t.diagnostic(`the kernel showed it without one: ${isSeenWithout}`);
  assert.deepEqual(groupsWithVariable("MARK", program), [{ group: pid, value: program }]);
});

test("no environment is what a process has that was given none, that has ended, or that never was", async (t) => {
  assert.deepEqual(environmentEntries(await start(t, "/bin/sleep", {})), []);
  assert.equal(environmentEntries(2 ** 22), undefined);
  const script = spawn("/bin/sh", ["-c", "exit 0 & exec sleep 1000"], { stdio: "ignore" });
  atEnd(t, () => script.kill("SIGKILL"));
  const zombie = await until("a child that has ended", () =>
    fs
      .readFileSync(`/proc/${script.pid}/task/${script.pid}/children`, "latin1")
      .split(" ")
      .filter(Boolean)
      .find((pid) => / Z /.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"))),
  );
  assert.deepEqual(environmentEntries(Number(zombie)) ?? [], []);
});
