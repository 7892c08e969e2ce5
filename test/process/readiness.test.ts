/** Each way in which a node becomes ready, on real processes. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import type { NodeConfig } from "../../src/index.ts";
import { freePort } from "../fixtures/ports.ts";
import { type Puppet, puppet } from "../fixtures/puppet.ts";
import { processesOf, titleOf, until } from "../fixtures/tree.ts";

/** A shell that waits for a file before it goes on. */
const after = (file: string, rest: string) => [
  "sh",
  "-c",
  `while ! test -e ${file}; do sleep 0.02; done; ${rest}; sleep 1000`,
];

/** Not ready before the file `go` is there, and soon after it. */
async function isReadyBy(own: Puppet, config: NodeConfig): Promise<void> {
  const created = await own.create(config);
  assert.deepEqual([created.state, created.ready], ["running", false]);
  const waiting = own.create({ name: "next", command: ["sleep", "1000"], after: [config.name] });
  const next = await own.node("next", ({ waitsFor }) => waitsFor !== undefined);
  assert.deepEqual([next.state, next.waitsFor], ["pending", [config.name]]);
  fs.writeFileSync(own.tree.file("go"), "");
  const { pid } = await waiting;
  assert.ok(pid !== undefined);
  const status = await own.status();
  assert.equal(status[config.name]?.ready, true);
  assert.equal(status["next"]?.waitsFor, undefined);
}

/** For the next test: no node, and none of the files that nodes wait for. */
async function emptied(own: Puppet): Promise<void> {
  await own.destroy("");
  for (const file of ["go", "there", "below/there"])
    fs.rmSync(own.tree.file(file), { force: true });
}

test("each way of becoming ready, one after the other in one tree", async (t) => {
  // Script nodes have nothing to load but what they are given.
  const own = await puppet(t, "await 0;");
  t.afterEach(() => emptied(own));

  await t.test("a newline on the descriptor that was named", async () => {
    const command = after("go", "printf 'not yet' >&7; sleep 0.1; echo >&7");
    await isReadyBy(own, { name: "a", command, ready: { fd: 7 } });
  });

  await t.test(
    "a descriptor can be opened again by its name, as s6's programs may do",
    async () => {
      const command = after("go", "echo > /dev/fd/3");
      await isReadyBy(own, { name: "a", command, ready: { fd: 3 } });
    },
  );

  await t.test("a TCP port that accepts", async () => {
    const port = await freePort();
    const serve = `${process.execPath} -e 'require("net").createServer().listen(${port}, "127.0.0.1")'`;
    await isReadyBy(own, { name: "a", command: after("go", serve), ready: { port } });
  });

  await t.test("a Unix socket that accepts, relative to the node's directory", async () => {
    const serve = `${process.execPath} -e 'require("net").createServer().listen("a.sock")'`;
    const go = own.tree.file("go");
    const command = after(go, serve);
    await isReadyBy(own, { name: "a", directory: "below", command, ready: { port: "./a.sock" } });
  });

  await t.test(
    "a line that matches, on either stream, without its newline, in pieces",
    async () => {
      const command = after("go", "printf 'I am ' >&2; sleep 0.1; echo ready >&2");
      await isReadyBy(own, { name: "a", command, ready: { line: "^i am READY$", flags: "i" } });
    },
  );

  await t.test("a pattern that a script wrote as a regular expression", async () => {
    await own.call(
      `supervisor.create({ name: "a", command: ["sh", "-c", "echo Listening on 80; sleep 1000"], ready: { line: /listening on \\d+/i } }).then(() => true)`,
    );
    const { node } = await own.node("a", ({ ready }) => ready === true);
    assert.deepEqual(node.ready, { line: "listening on \\d+", flags: "i" });
  });

  await t.test("a file that exists", async () => {
    const command = after("go", "touch there");
    await isReadyBy(own, { name: "a", command, ready: { file: "there" } });
  });

  await t.test("a command that succeeds, with the node's environment and directory", async () => {
    const command = after(own.tree.file("go"), "touch there");
    await isReadyBy(own, {
      name: "a",
      directory: "below",
      env: { WHAT: "there" },
      command,
      ready: { command: ["sh", "-c", 'test -e "$WHAT"'] },
    });
  });

  await t.test("a command that cannot be run is told, once, and may come to be there", async () => {
    const command = ["sleep", "1000"];
    await own.create({ name: "a", command, ready: { command: ["./look"] } });
    const told = /\[a\] node 'a' cannot execute its ready command \.\/look: No such file/m;
    await own.tree.line(told, "stderr");
    fs.writeFileSync(own.tree.file("look"), "#!/bin/sh\n", { mode: 0o755 });
    await own.node("a", ({ ready }) => ready === true);
    assert.equal(own.tree.stderr.split("cannot execute its ready command").length, 2);
  });

  await t.test("a command that hangs goes with its node, and leaves nothing", async () => {
    const command = ["sleep", "1000"];
    const ready = { command: ["sh", "-c", "touch looked; sleep 1001 & sleep 1002"] };
    await own.create({ name: "a", command, ready });
    await until("the look", () => fs.existsSync(own.tree.file("looked")));
    assert.equal(await own.destroy("a"), true);
    const isLook = (pid: number) => /sleep 100[12]/.test(titleOf(pid));
    await until("its look to be gone", () => !processesOf(own.tree.directory).some(isLook));
  });

  await t.test("a script node is ready when its `init` handlers are done", async () => {
    const script = `
import fs from "node:fs";
import { on, supervisor } from "coppice";
if (supervisor.isSupervised()) {
  on("init", async () => {
    while (!fs.existsSync("go")) await new Promise((look) => setTimeout(look, 20));
  });
}`;
    fs.writeFileSync(own.tree.file("slow.mjs"), script);
    await isReadyBy(own, { name: "a", addlUserScripts: ["slow.mjs"] });
  });

  await t.test("at once, if that is asked for, and for a program by itself", async () => {
    assert.equal((await own.create({ name: "a", ready: "started" })).ready, true);
    assert.equal((await own.create({ name: "b", command: ["sleep", "1000"] })).ready, true);
  });

  await t.test("each process has to become ready anew", async () => {
    const command = ["sh", "-c", "test -e go && echo >&3; sleep 1000"];
    fs.writeFileSync(own.tree.file("go"), "");
    await own.create({ name: "a", command, ready: { fd: 3 } });
    await own.node("a", ({ ready }) => ready === true);
    fs.rmSync(own.tree.file("go"));
    await own.restart("a");
    const { ready, state } = (await own.status("a"))["a"]!;
    assert.deepEqual([state, ready], ["running", false]);
  });

  await t.test("events tell of it once", async () => {
    await own.call("(globalThis.seen = [], supervisor.watch((e) => seen.push(e.kind)), true)");
    const command = ["sh", "-c", "echo >&3; echo >&3; sleep 1000"];
    await own.create({ name: "a", command, ready: { fd: 3 } });
    await own.node("a", ({ ready }) => ready === true);
    await own.destroy("a");
    const seen = await own.call<string[]>("seen");
    assert.deepEqual(
      seen.filter((kind) => kind === "ready" || kind === "started"),
      ["started", "ready"],
    );
  });
});
