/** The process of a rehearsal: it says what it found, and ends as its scripts expect. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { ANSWER_FD } from "../../src/os/ask.ts";
import { withRehearsal } from "../../src/supervisor/reload/invocation.ts";
import { MAIN, temporaryDirectory } from "../fixtures/tree.ts";

async function rehearsed(t: TestContext, script: string) {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "tree.mjs"), script);
  const order = { stateDirectory: path.join(directory, ".coppice"), purpose: "plan" as const };
  const child = spawn(process.execPath, [MAIN, "-j", "tree.mjs"], {
    cwd: directory,
    env: withRehearsal(process.env, order),
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const answer = JSON.parse(await text(child.stdio[ANSWER_FD] as Readable));
  await ended;
  return { answer, files: fs.readdirSync(directory).sort() };
}

const TIDY = `import fs from "node:fs"; process.on("exit", () => fs.writeFileSync("tidied", ""));`;

test("what scripts do at the end of their process is done, and nothing else is left", async (t) => {
  const { answer, files } = await rehearsed(t, TIDY);
  assert.deepEqual(answer.nodes, []);
  assert.deepEqual(files, ["tidied", "tree.mjs"]);
});

test("a script that ends the process itself is told, and its end is heard as well", async (t) => {
  const { answer, files } = await rehearsed(t, `${TIDY} process.exit(3);`);
  assert.deepEqual(answer, { error: "a script ends the process (status 3)" });
  assert.deepEqual(files, ["tidied", "tree.mjs"]);
});
