/** A tree as process 1 of a container. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { statFields } from "../../src/os/proc-stat.ts";
import { coppice } from "../cli/process.ts";
import { succeeds } from "../fixtures/debian.ts";
import {
  atEnd,
  childrenOf,
  MAIN,
  TestTree,
  temporaryDirectory,
  titleOf,
  until,
} from "../fixtures/tree.ts";

const NAMESPACE = ["--pid", "--fork", "--mount-proc", "--kill-child"];

test("as process 1 it leaves no zombies, passes signals on, and ends the tree in order", async (t) => {
  if (!(await succeeds("unshare", [...NAMESPACE, "true"])))
    return t.skip("no namespaces here: they need root and util-linux's unshare");
  const directory = temporaryDirectory(t);
  // An orphan of another session: neither the Stem nor the Supervisor has started it.
  const orphan =
    "(setsid sh -c 'trap : TERM; : > orphan; while [ ! -e go ]; do sleep 0.02; done' &)";
  fs.writeFileSync(
    path.join(directory, "tree.mjs"),
    `import { on, supervisor } from "coppice";
     process.on("SIGUSR2", () => console.log("got SIGUSR2"));
     on("init", async () => {
       if (!supervisor.isSupervisor()) return;
       const command = ["sh", "-c", ${JSON.stringify(`trap 'echo told; exit 0' TERM; ${orphan}; while :; do sleep 0.02; done`)}];
       await supervisor.create({ name: "web", command });
       console.log("up", process.pid);
     });
     on("done", () => supervisor.isSupervisor() && console.log("done"));`,
  );
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", MAIN];
  const child = spawn("unshare", [...NAMESPACE, ...node, "-j", "tree.mjs"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  atEnd(t, () => child.kill("SIGKILL"));
  const tree = new TestTree(directory, child);
  const own = await tree.line(/^up (\d+)$/m);
  assert.notEqual(own[1], "1", "the Supervisor is another process");
  const [init = 0] = childrenOf(tree.pid);
  const supervisor = childrenOf(init).find((pid) => titleOf(pid) === "coppice: supervisor");
  assert.ok(supervisor !== undefined, titleOf(init));

  await until("the orphan", () => fs.existsSync(path.join(directory, "orphan")));
  const adopted = await until("its new parent", () =>
    childrenOf(init).find((pid) => pid !== supervisor),
  );
  fs.writeFileSync(path.join(directory, "go"), "");
  // A zombie has a line in /proc, too.
  await until("nothing to be left of it", () => statFields(adopted) === undefined);
  assert.deepEqual(childrenOf(init), [supervisor]);

  const { stdout } = await coppice(t, directory, "status");
  assert.match(stdout, /^web +running/m, "who is outside finds it as any tree");
  process.kill(init, "SIGUSR2");
  await tree.line(/^got SIGUSR2$/m);
  process.kill(init, "SIGTERM");
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.match(tree.stdout, /told$/m);
  assert.match(tree.stdout, /^done$/m);
  assert.ok(!fs.existsSync(path.join(directory, ".coppice/control.sock")), "it has tidied up");
});

test("a start that fails is told by the exit status of process 1", async (t) => {
  if (!(await succeeds("unshare", [...NAMESPACE, "true"])))
    return t.skip("no namespaces here: they need root and util-linux's unshare");
  const directory = temporaryDirectory(t);
  const args = [...NAMESPACE, process.execPath, MAIN, "-j", "missing.mjs"];
  const child = spawn("unshare", args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  atEnd(t, () => child.kill("SIGKILL"));
  const tree = new TestTree(directory, child);
  assert.deepEqual(await tree.end(), { code: 1, signal: null });
  assert.match(tree.stderr, /^error: .*missing\.mjs/m);
});
