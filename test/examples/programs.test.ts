/** The example of nodes that are programs. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { catches } from "../fixtures/system.ts";
import { processesOf, run, temporaryDirectory, titleOf, until } from "../fixtures/tree.ts";

const EXAMPLE = path.join(import.meta.dirname, "..", "..", "examples", "programs.ts");
const { SIGTERM } = os.constants.signals;

test("each program shows what it is there to show", async (t) => {
  const tree = run(t, temporaryDirectory(t), ["-j", EXAMPLE, "dir=files"]);
  await tree.line(/^5 programs were started; see files\/writer\.log too$/m);
  await tree.line(/\[clock\] \d\d:\d\d:\d\d$/m);
  await tree.line(/^'task' ended with status 0$/m);
  await until("the writer's file", () =>
    /^started with the PID \d+\n/.test(fs.readFileSync(tree.file("files/writer.log"), "utf8")),
  );
  await tree.line(/^'crasher' ended with status 3; next start in [1-4]?\d?\d ms$/m);
  // After three starts with the first delay it waits for longer, less what it takes to be told so.
  await tree.line(/^'crasher' ended with status 3; next start in ([5-9]\d\d|\d{4,}) ms$/m);

  await until("the trap", () =>
    processesOf(tree.directory).some(
      (pid) => /not yet/.test(titleOf(pid)) && catches(pid, SIGTERM),
    ),
  );

  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.match(tree.stdout, /\[stubborn\] not yet$/m);
  assert.match(tree.stdout, /^'stubborn' ended with SIGTERM$/m);
  assert.equal(tree.stdout.match(/\[task\] the work is done$/gm)?.length, 1);
  assert.doesNotMatch(tree.stdout, /\[writer\]/);
});
