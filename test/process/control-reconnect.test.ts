/** Clients whose connection breaks: they come back, and go on where they were. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import type { OutputLine, TreeEvent } from "../../src/core/api.ts";
import { TestProxy } from "../fixtures/proxy.ts";
import { client, TRANSPORTS, unixClient } from "../fixtures/remote.ts";
import { atEnd, plant, temporaryDirectory, until } from "../fixtures/tree.ts";

/** Ways to connect, as the fixtures name them. */
const NAMES = ["ws", "tcp with anonymous TLS"];
const SLEEP = ["sleep", "1000"];
/** A line about every 2 ms, for ever. */
const COUNT = [
  process.execPath,
  "-e",
  'let i = 0; setInterval(() => process.stdout.write("line " + i++ + "\\n"), 2)',
];

interface Met {
  proxy: TestProxy;
  remote: RemoteSupervisor;
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

test("clients of one tree", async (t) => {
  const transports = TRANSPORTS.filter(({ name }) => NAMES.includes(name));
  const [ws, tcp] = transports;
  const tree = plant(
    t,
    `import { broker, on } from "coppice";
on("init", async () => console.log("ports", (await ${ws!.listen}).port, (await ${tcp!.listen}).port));`,
  );
  const ports = (await tree.line(/^ports (\d+) (\d+)$/m)).slice(1).map(Number);

  /** A client of this tree without nodes whose line can be cut; the tree is left so, too. */
  async function meet(t: TestContext, name: string): Promise<Met> {
    const at = transports.findIndex((one) => one.name === name);
    const proxy = await TestProxy.to(t, ports[at]!);
    const transport = transports[at]!;
    const remote = await client(t, transport.url(tree, proxy.port), transport.options);
    atEnd(t, () => remote.destroy(""));
    return { proxy, remote };
  }

  for (const name of NAMES) {
    await t.test(`following goes on without loss or doubling (${name})`, async (t) => {
      const met = await meet(t, name);
      const node = `count-${name.slice(0, 2)}`;
      const { lines, has } = followed(met.remote, {
        nodes: [node],
        lines: Number.POSITIVE_INFINITY,
      });
      await met.remote.create({ name: node, command: COUNT });
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

    await t.test(
      `watching goes on, each event once, and says that there was a gap (${name})`,
      async (t) => {
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
      },
    );

    await t.test(
      `what is asked for while the line is cut: commands are refused, status waits (${name})`,
      async (t) => {
        const { proxy, remote } = await meet(t, name);
        const node = `stubborn-${name.slice(0, 2)}`;
        const stubborn = [
          "sh",
          "-c",
          "trap 'echo told' TERM; echo ready; while :; do sleep 0.1; done",
        ];
        const stop = { interval: 600_000 };
        const { pid } = await remote.create({ name: node, command: stubborn, stop });
        await tree.line(new RegExp(`\\[${node}\\] ready$`, "m"));
        const destroyed = remote.destroy(node);
        await tree.line(new RegExp(`\\[${node}\\] told$`, "m"));
        proxy.isOpen = false;
        proxy.cut();
        await assert.rejects(destroyed, { code: "COPPICE_CONNECTION_LOST", exitStatus: 1 });
        await assert.rejects(remote.restart(node), { code: "COPPICE_NO_SUPERVISOR" });
        process.kill(pid!, "SIGKILL"); // It has lived on until now, however long that was.
        const status = remote.status();
        const usage = remote.usage();
        const { lines } = followed(remote, { nodes: [node], lines: Number.POSITIVE_INFINITY });
        proxy.isOpen = true;
        assert.deepEqual((await status).nodes, {}, "it was done all the same");
        assert.deepEqual(await usage, {});
        await until("the lines", () => lines.some(({ text }) => text === "ready"));
        assert.equal(await remote.destroy(node), false);
        assert.equal(lines.filter(({ text }) => text === "ready").length, 1);
      },
    );
  }

  await t.test(
    "lines that were not asked for do not come after a new connection either",
    async (t) => {
      const met = await meet(t, "ws");
      await met.remote.create({
        name: "a",
        command: ["sh", "-c", "echo old; read x; exec sleep 1000"],
      });
      await tree.line(/\[a\] old$/m);
      const { lines, has } = followed(met.remote, { lines: 0 });
      await met.remote.status();
      await cutOnce(met);
      await met.remote.create({ name: "b", command: ["sh", "-c", "echo new; exec sleep 1000"] });
      await has(1);
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["new"],
      );
    },
  );

  await t.test(
    "a connection that is closed here settles everything, and asks for nothing more",
    async (t) => {
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
    },
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
