/** The example that has a Supervisor restart its nodes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../fixtures/ports.ts";
import { canConnect } from "../fixtures/remote.ts";
import { isAlive, plant, run, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

const EXAMPLE = path.join(import.meta.dirname, "..", "..", "examples", "supervisor-control.ts");

/** Two nodes, told each time that they are started. */
const TREE = `import { on, supervisor } from "coppice";
on("nodeStatus", (node, pid) => console.log("started", node, pid));
on("init", async () => {
  if (!supervisor.isSupervisor()) return;
  for (const name of ["a", "b"]) await supervisor.create({ name, command: ["sleep", "1000"] });
  console.log("all are there");
});`;

async function start(t: TestContext): Promise<{ tree: TestTree; port: number }> {
  const port = await freePort();
  const tree = plant(t, TREE, { options: ["-j", "--listen", String(port)], script: "tree.mjs" });
  await tree.line(/^all are there$/m);
  return { tree, port };
}

const pids = (tree: TestTree, node: string) =>
  [...tree.stdout.matchAll(new RegExp(`^started ${node} (\\d+)$`, "gm"))].map(([, pid]) =>
    Number(pid),
  );

function control(t: TestContext, ...operands: string[]): TestTree {
  return run(t, temporaryDirectory(t), [EXAMPLE, ...operands]);
}

test("a Supervisor that is there", async (t) => {
  const { tree, port } = await start(t);

  await t.test("one node is restarted, and one that is not there is told", async () => {
    const one = control(t, `port=${port}`, "node=b");
    const none = control(t, `port=${port}`, "node=c");
    assert.deepEqual(await one.end(), { code: 0, signal: null });
    assert.equal(one.stdout, "restart of b: done\n");
    await tree.lines(/^started b \d+$/m, 2);
    await none.end();
    assert.equal(none.stdout, "restart of c: no such node\n");
    assert.equal(pids(tree, "a").length, 1);
  });

  await t.test("every node is restarted, the result is printed, and it ends", async () => {
    const example = control(t, `port=${port}`);
    assert.deepEqual(await example.end(), { code: 0, signal: null });
    assert.equal(example.stdout, "restart of all nodes: done\n");
    await tree.lines(/^started [ab] \d+$/m, 5);
    for (const node of ["a", "b"]) {
      const [first = 0, second = 0] = pids(tree, node).slice(-2);
      await until("the first to be gone", () => !isAlive(first));
      assert.ok(isAlive(second));
    }
    await tree.line(
      /^info: restart all nodes, ordered by 127\.0\.0\.1:\d+ \(Broker peer /m,
      "stderr",
    );
  });
});

test("it waits for a Supervisor that is not there yet", async (t) => {
  const port = await freePort();
  // Whoever is there first hangs up, and is gone before the Supervisor comes.
  let attempts = 0;
  const nobody = net.createServer((socket) => {
    attempts++;
    socket.on("error", () => {}).destroy();
  });
  await once(nobody.listen(port, "127.0.0.1"), "listening");
  const example = control(t, `port=${port}`);
  await until(
    "it to try",
    () => attempts > 0,
    () => example.report(),
  );
  await once(nobody.close(), "close");
  const tree = plant(t, TREE, { options: ["-j", "--listen", String(port)], script: "tree.mjs" });
  await until(
    "the listener",
    () => canConnect(port),
    () => tree.report(),
  );
  assert.deepEqual(await example.end(), { code: 0, signal: null });
  assert.equal(example.stdout, "restart of all nodes: done\n");
});
