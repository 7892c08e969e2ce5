/** Orders from afar are logged, with who gave them, and whatever they say. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { connect } from "../../src/control/client.ts";
import { client, controlSocket, listening, TRANSPORTS, unixClient } from "../fixtures/remote.ts";
import { atEnd, plant, until } from "../fixtures/tree.ts";
import { program, str, unixUrl, zeekClient } from "../fixtures/zeek-client.ts";

const SLEEP = ["sleep", "1000"];

test("the orders that one tree gets", async (t) => {
  const listens = TRANSPORTS.filter(({ name }) => name === "ws" || name === "tcp, plain");
  const [ws, tcp] = listens;
  const tree = plant(
    t,
    `import { broker, on } from "coppice";
on("init", async () => console.log("ports", (await ${ws!.listen}).port, (await ${tcp!.listen}).port));`,
  );
  const [, web, native] = (await tree.line(/^ports (\d+) (\d+)$/m)).map(Number);
  await listening(tree);

  await t.test("every order is logged with who gave it, whichever way it came", async (t) => {
    const url = `unix:${controlSocket(tree)}`;
    const since = tree.stderr.length;
    const remote = await client(t, url, { application: "top", client: "PID 7, user eve" });
    await remote.create({ name: "a", command: SLEEP });
    await remote.restart("a");
    await remote.restart("");
    await remote.status();
    const zeek = await zeekClient(t, unixUrl(controlSocket(tree)));
    await zeek.ask("create", "1", program("b", SLEEP));
    await zeek.ask("destroy", "2", str("b"));
    await zeek.ask("destroy", "3", str(""));
    await zeek.ask("status", "4", str(""));
    await tree.line(/destroy all nodes/, "stderr");
    assert.deepEqual(tree.stderr.slice(since).match(/^info: .*$/gm), [
      "info: create 'a', ordered by unix (PID 7, user eve, top)",
      "info: restart 'a', ordered by unix (PID 7, user eve, top)",
      "info: restart all nodes, ordered by unix (PID 7, user eve, top)",
      "info: create 'b', ordered by unix",
      "info: destroy 'b', ordered by unix",
      "info: destroy all nodes, ordered by unix",
    ]);
  });

  for (const transport of listens) {
    await t.test(`an order is logged with its address (${transport.name})`, async (t) => {
      const url = transport.url(tree, (transport.name === "ws" ? web : native)!);
      const remote = await client(t, url, {
        ...transport.options,
        application: "top",
        client: "eve",
      });
      await remote.restart("a");
      const who = transport.name === "ws" ? "top" : "Broker peer [0-9a-f-]{36}";
      const line = new RegExp(
        `^info: restart 'a', ordered by 127\\.0\\.0\\.1:\\d+ \\(${who}\\)$`,
        "m",
      );
      await tree.line(line, "stderr");
    });
  }

  await t.test("what is ordered stays one line, however odd and long its names are", async (t) => {
    const remote = await unixClient(t, tree);
    const since = tree.stderr.length;
    const odd = "a\ninfo: forged\u001b[2J";
    const names = [odd, "x".repeat(100_000)];
    for (const name of names) {
      assert.equal(await remote.destroy(name), false);
      assert.equal(await remote.restart(name), false);
      await assert.rejects(remote.create({ name }), { code: "COPPICE_NODE_CONFIG" });
    }
    const zeek = await zeekClient(t, unixUrl(controlSocket(tree)));
    for (const name of names) assert.equal(await zeek.ask("destroy", "1", str(name)), false);
    const ordered = () => tree.stderr.slice(since).trimEnd().split("\n");
    await until("the last order", () => ordered().length >= 8 && tree.stderr.endsWith("\n"));
    const lines = ordered();
    assert.equal(lines.length, 8, tree.stderr);
    assert.ok(
      lines.every((line) => line.startsWith("info: ")),
      tree.stderr,
    );
    assert.ok(lines.every((line) => line.length < 400 && !line.includes("\u001b")));
  });

  await t.test("those who watch are told of orders too", async (t) => {
    const remote = await unixClient(t, tree);
    const other = await connect(`unix:${controlSocket(tree)}`, { client: "eve" });
    atEnd(t, () => other.close());
    const told: string[] = [];
    remote.watch(({ kind, text }) => kind === "command" && told.push(text));
    await remote.status();
    await other.restart("");
    await until("to be told", () => told.length > 0);
    assert.deepEqual(told, ["restart all nodes, ordered by unix (eve, coppice)"]);
  });

  await t.test(
    "a stderr that nobody reads does not hold up orders, nor make them pile up",
    async (t) => {
      const remote = await unixClient(t, tree);
      tree.child.stderr?.pause();
      const before = memoryOf(tree.pid);
      for (let i = 0; i < 25; i++) {
        const names = Array.from({ length: 500 }, (_, j) => `nobody-${i}-${j}-${"x".repeat(150)}`);
        await Promise.all(names.map((name) => remote.restart(name)));
      }
      const grown = memoryOf(tree.pid) - before;
      assert.ok(grown < 80, `${grown} MiB`);
      tree.child.stderr?.resume();
      await until("the next order to be logged", async () => {
        await remote.restart("nobody");
        return /^info: restart 'nobody'/m.test(tree.stderr);
      });
      assert.match(tree.stderr, /^info: \d+ orders were not logged, since nobody read stderr$/m);
    },
  );
});

/** Resident memory in MiB, at its highest. */
function memoryOf(pid: number): number {
  return (
    Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024
  );
}
