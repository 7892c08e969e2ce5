/** Clients whose connection breaks: they come back, and go on where they were. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import type { OutputLine, TreeEvent } from "../../src/core/api.ts";
import { TestProxy } from "../fixtures/proxy.ts";
import { client, reachable, TRANSPORTS, unixClient } from "../fixtures/remote.ts";
import { plant, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

const SLEEP = ["sleep", "1000"];
/** A line about every 2 ms, for ever. */
const COUNT = [
  process.execPath,
  "-e",
  'let i = 0; setInterval(() => process.stdout.write("line " + i++ + "\\n"), 2)',
];

interface Met {
  tree: TestTree;
  proxy: TestProxy;
  remote: RemoteSupervisor;
  name: string;
}

async function meet(t: TestContext, name: string): Promise<Met> {
  const transport = TRANSPORTS.find((one) => one.name === name)!;
  const { tree, port } = await reachable(t, transport);
  const proxy = await TestProxy.to(t, port);
  const remote = await client(t, transport.url(tree, proxy.port), transport.options);
  return { tree, proxy, remote, name };
}

function followed(remote: RemoteSupervisor, options: Parameters<RemoteSupervisor["follow"]>[1]) {
  const lines: OutputLine[] = [];
  const following = remote.follow((line) => lines.push(line), options);
  const has = (count: number) =>
    until(
      `${count} lines`,
      () => lines.length >= count,
      () => JSON.stringify(lines.slice(-3)),
    );
  return { lines, following, has };
}

/** Cuts the line, and waits until there is a new one. */
async function cutOnce({ proxy, remote }: Met): Promise<void> {
  const { connections } = proxy;
  proxy.cut();
  await until("another connection", () => proxy.connections > connections);
  await remote.status();
}

for (const name of ["ws", "tcp with anonymous TLS"]) {
  test(`following goes on without loss or doubling (${name})`, async (t) => {
    const met = await meet(t, name);
    const { lines, has } = followed(met.remote, { lines: Number.POSITIVE_INFINITY });
    await met.remote.create({ name: "a", command: COUNT });
    for (let i = 0; i < 3; i++) {
      await has(lines.length + 100);
      await cutOnce(met);
    }
    await has(lines.length + 100);
    assert.deepEqual(
      lines.map(({ text }) => text),
      lines.map((_, i) => `line ${i}`),
    );
  });

  test(`watching goes on, each event once, and says that there was a gap (${name})`, async (t) => {
    const met = await meet(t, name);
    const told: TreeEvent[] = [];
    met.remote.watch((event) => told.push(event));
    await met.remote.status();
    for (let i = 0; i < 2; i++) {
      await cutOnce(met);
      const again = () => told.filter(({ text }) => text.startsWith("connected again")).length;
      await until("to be told", () => again() === i + 1);
      await met.remote.status();
      told.push({ kind: "peer", at: 0, text: "--" });
    }
    await met.remote.create({ name: "a", command: SLEEP });
    await until("the start", () => told.some(({ kind }) => kind === "started"));
    assert.equal(told.filter(({ kind }) => kind === "created").length, 1);
    assert.equal(told.filter(({ kind }) => kind === "started").length, 1);
  });

  test(`what is asked for while the line is cut: commands are refused, status waits (${name})`, async (t) => {
    const { proxy, remote, tree } = await meet(t, name);
    const stubborn = [
      "sh",
      "-c",
      "trap 'echo told' TERM; echo ready; while :; do sleep 0.02; done",
    ];
    const stop = { interval: 600_000 };
    const { pid } = await remote.create({ name: "a", command: stubborn, stop });
    await tree.line(/\[a\] ready$/m);
    const destroyed = remote.destroy("a");
    await tree.line(/\[a\] told$/m);
    proxy.isOpen = false;
    proxy.cut();
    await assert.rejects(destroyed, { code: "COPPICE_CONNECTION_LOST", exitStatus: 1 });
    await assert.rejects(remote.restart("a"), { code: "COPPICE_NO_SUPERVISOR" });
    process.kill(pid!, "SIGKILL"); // It has lived on until now, however long that was.
    const status = remote.status();
    const usage = remote.usage();
    const { lines } = followed(remote, { lines: Number.POSITIVE_INFINITY });
    proxy.isOpen = true;
    assert.deepEqual((await status).nodes, {}, "it was done all the same");
    assert.deepEqual(await usage, {});
    await until("the lines", () => lines.some(({ text }) => text === "ready"));
    assert.equal(await remote.destroy("a"), false);
    assert.equal(lines.filter(({ text }) => text === "ready").length, 1);
  });
}

test("lines that were not asked for do not come after a new connection either", async (t) => {
  const met = await meet(t, "ws");
  await met.remote.create({
    name: "a",
    command: ["sh", "-c", "echo old; read x; exec sleep 1000"],
  });
  await met.tree.line(/\[a\] old$/m);
  const { lines, has } = followed(met.remote, { lines: 0 });
  await met.remote.status();
  await cutOnce(met);
  await met.remote.create({ name: "b", command: ["sh", "-c", "echo new; exec sleep 1000"] });
  await has(1);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["new"],
  );
});

test("a Supervisor that was started anew is found, and all that its nodes say is new", async (t) => {
  const directory = temporaryDirectory(t);
  const script = `import { on, supervisor } from "coppice";
on("init", () => supervisor.isSupervisor() && supervisor.create({ name: "a", command: ["sh", "-c", "echo of $PPID; exec sleep 1000"] }));`;
  const first = plant(t, script, { directory });
  const remote = await unixClient(t, first);
  const { lines, has } = followed(remote, {});
  const told: string[] = [];
  remote.watch(({ kind }) => told.push(kind));
  await has(1);
  await first.stop();
  const second = plant(t, script, { directory });
  await has(2);
  // Those who follow may have a line before it is printed.
  const printed = [await first.line(/of \d+$/m), await second.line(/of \d+$/m)];
  assert.deepEqual(
    lines.map(({ text }) => text),
    printed.map(([text]) => text),
  );
  // What it says may come before the news of its start.
  const a = await until("the start", async () => {
    const { a } = (await remote.status("a")).nodes;
    return a?.state === "running" && a;
  });
  assert.equal(a.generation, 1);
  assert.equal(await remote.restart("a"), true);
  await until(
    "the restart",
    () => told.includes("command"),
    () => told.join(" "),
  );
});

test("a connection that is closed here settles everything, and asks for nothing more", async (t) => {
  const tree = plant(t, "");
  const remote = await unixClient(t, tree);
  const { following } = followed(remote, {});
  const pending = Promise.allSettled([remote.status(), remote.usage(), remote.restart("a")]);
  remote.close();
  remote.close();
  for (const outcome of await pending) {
    assert.equal(outcome.status, "rejected");
    assert.equal((outcome.reason as { code: string }).code, "COPPICE_CONNECTION_LOST");
  }
  await following.ended;
  await assert.rejects(remote.status(), { code: "COPPICE_CONNECTION_LOST" });
  await assert.rejects(remote.follow(() => {}).ended, { code: "COPPICE_CONNECTION_LOST" });
});
