/** Each way in which a node becomes ready, on real processes. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import type { NodeConfig } from "../../src/index.ts";
import { type Puppet, puppet } from "../fixtures/puppet.ts";
import { freePort } from "../fixtures/remote.ts";
import { processesOf, until } from "../fixtures/tree.ts";

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

test("a newline on the descriptor that was named", async (t) => {
  const own = await puppet(t);
  const command = after("go", "printf 'not yet' >&7; sleep 0.1; echo >&7");
  await isReadyBy(own, { name: "a", command, ready: { fd: 7 } });
});

test("a descriptor can be opened again by its name, as s6's programs may do", async (t) => {
  const own = await puppet(t);
  const command = after("go", "echo > /dev/fd/3");
  await isReadyBy(own, { name: "a", command, ready: { fd: 3 } });
});

test("a TCP port that accepts", async (t) => {
  const own = await puppet(t);
  const port = await freePort();
  const serve = `${process.execPath} -e 'require("net").createServer().listen(${port}, "127.0.0.1")'`;
  await isReadyBy(own, { name: "a", command: after("go", serve), ready: { port } });
});

test("a Unix socket that accepts, relative to the node's directory", async (t) => {
  const own = await puppet(t);
  const serve = `${process.execPath} -e 'require("net").createServer().listen("a.sock")'`;
  const go = own.tree.file("go");
  const command = after(go, serve);
  await isReadyBy(own, { name: "a", directory: "below", command, ready: { port: "./a.sock" } });
});

test("a line that matches, on either stream, without its newline, in pieces", async (t) => {
  const own = await puppet(t);
  const command = after("go", "printf 'I am ' >&2; sleep 0.1; echo ready >&2");
  await isReadyBy(own, { name: "a", command, ready: { line: "^i am READY$", flags: "i" } });
});

test("a pattern that a script wrote as a regular expression", async (t) => {
  const own = await puppet(t);
  await own.call(
    `supervisor.create({ name: "a", command: ["sh", "-c", "echo Listening on 80; sleep 1000"], ready: { line: /listening on \\d+/i } }).then(() => true)`,
  );
  const { node } = await own.node("a", ({ ready }) => ready === true);
  assert.deepEqual(node.ready, { line: "listening on \\d+", flags: "i" });
});

test("a file that exists", async (t) => {
  const own = await puppet(t);
  const command = after("go", "touch there");
  await isReadyBy(own, { name: "a", command, ready: { file: "there" } });
});

test("a command that succeeds, with the node's environment and directory", async (t) => {
  const own = await puppet(t);
  const command = after(own.tree.file("go"), "touch there");
  await isReadyBy(own, {
    name: "a",
    directory: "below",
    env: { WHAT: "there" },
    command,
    ready: { command: ["sh", "-c", 'test -e "$WHAT"'] },
  });
});

test("a command that hangs goes with its node, and leaves nothing", async (t) => {
  const own = await puppet(t);
  const command = ["sleep", "1000"];
  const ready = { command: ["sh", "-c", "touch looked; sleep 1001 & sleep 1002"] };
  await own.create({ name: "a", command, ready });
  await until("the look", () => fs.existsSync(own.tree.file("looked")));
  assert.equal(await own.destroy("a"), true);
  const isLook = (pid: number) =>
    /sleep.100[12]/.test(fs.readFileSync(`/proc/${pid}/cmdline`, "latin1"));
  await until("its look to be gone", () => !processesOf(own.tree.directory).some(isLook));
});

test("a script node is ready when its `init` handlers are done", async (t) => {
  const script = `
import fs from "node:fs";
import { on, supervisor } from "coppice";
if (supervisor.isSupervised()) {
  on("init", async () => {
    while (!fs.existsSync("go")) await new Promise((look) => setTimeout(look, 20));
  });
}`;
  await isReadyBy(await puppet(t, script), { name: "a" });
});

test("at once, if that is asked for, and for a program by itself", async (t) => {
  const own = await puppet(t, "await 0;");
  assert.equal((await own.create({ name: "a", ready: "started" })).ready, true);
  assert.equal((await own.create({ name: "b", command: ["sleep", "1000"] })).ready, true);
});

test("each process has to become ready anew", async (t) => {
  const own = await puppet(t);
  const command = ["sh", "-c", "test -e go && echo >&3; sleep 1000"];
  fs.writeFileSync(own.tree.file("go"), "");
  await own.create({ name: "a", command, ready: { fd: 3 } });
  await own.node("a", ({ ready }) => ready === true);
  fs.rmSync(own.tree.file("go"));
  await own.restart("a");
  const { ready, state } = (await own.status("a"))["a"]!;
  assert.deepEqual([state, ready], ["running", false]);
});

test("events tell of it once", async (t) => {
  const own = await puppet(t);
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
