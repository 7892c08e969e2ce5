/** Nodes that are alive but not well, on real processes: each is found, ended, and comes back. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import type { NodeConfig, NodeStatus } from "../../src/index.ts";
import { freePort } from "../fixtures/ports.ts";
import { type Puppet, puppet } from "../fixtures/puppet.ts";
import { processesOf, titleOf, until } from "../fixtures/tree.ts";

/** A stall of the machine fails a check now and then; two in a row are the node's own. */
const OFTEN = { interval: 50, timeout: 2_000, failures: 2 };

/** Its next process, after the first was ended since its checks failed. */
async function revived(own: Puppet, name: string, pid: number | undefined): Promise<NodeStatus> {
  return own.node(
    name,
    (status) =>
      status.state === "running" && status.pid !== pid && status.lastExit?.unhealthy !== undefined,
  );
}

const line = (name: string, pid: number | undefined, why: string) =>
  new RegExp(
    `^error: Supervised node '${name}' \\(PID ${pid}\\) failed its health check 2 times \\(${why}\\): restarting it$`,
    "m",
  );

test("nodes that are not well, one after the other in one tree", async (t) => {
  const own = await puppet(t, "await 0;");
  t.afterEach(async () => {
    await own.destroy("");
    for (const file of ["ill", "runs"]) fs.rmSync(own.tree.file(file), { force: true });
  });

  await t.test("an HTTP server that hangs", async () => {
    const port = await freePort();
    // Well until it is told to hang, and then not for the rest of its life.
    const server = `
      const fs = require("node:fs");
      const seen = [];
      require("node:http").createServer((request, response) => {
        fs.appendFileSync("asked", request.method + " " + request.url + "\\n");
        if (fs.existsSync("ill")) return void seen.push(response);
        response.end("well");
      }).listen(${port}, "127.0.0.1", () => console.log("serves"));`;
    const config: NodeConfig = {
      name: "web",
      command: [process.execPath, "-e", server],
      ready: { port },
      health: { http: `${port}/alive?now`, ...OFTEN },
    };
    const { pid } = await own.create(config);
    await until("a check", () => fs.existsSync(own.tree.file("asked")));
    assert.equal((await own.status("web"))["web"]?.health, undefined);
    fs.writeFileSync(own.tree.file("ill"), "");
    const ailing = await own.node("web", ({ health }) => health !== undefined);
    assert.deepEqual(ailing.health, { failures: 1, limit: 2, reason: "timed out" });
    assert.equal(ailing.pid, pid);
    const { lastExit } = await revived(own, "web", pid);
    fs.rmSync(own.tree.file("ill"));
    assert.equal(lastExit?.signal, "SIGTERM");
    const url = `http://127.0.0.1:${port}/alive?now`;
    assert.equal(lastExit?.unhealthy, `health check '${url}' failed 2 times: timed out`);
    await own.tree.line(line("web", pid, "timed out"), "stderr");
    const [end] = await own.news("nodeExit", "web", 1);
    assert.equal(end?.exit?.unhealthy, lastExit?.unhealthy);
    const asked = new Set(fs.readFileSync(own.tree.file("asked"), "utf8").trim().split("\n"));
    assert.deepEqual([...asked], ["GET /alive?now"]);
    // What was told of it is Zeek's story of a death no more.
    assert.doesNotMatch(
      own.tree.stderr,
      new RegExp(`PID ${pid}\\) (exited|terminated) prematurely`),
    );
  });

  await t.test("a script node whose event loop is blocked", async () => {
    const script = `
import fs from "node:fs";
setInterval(() => {
  if (!fs.existsSync("ill")) return;
  fs.rmSync("ill");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}, 20);`;
    fs.writeFileSync(own.tree.file("busy.mjs"), script);
    const { pid } = await own.create({
      name: "busy",
      addlUserScripts: ["busy.mjs"],
      health: { heartbeat: true, ...OFTEN },
      stop: { attempts: 1, interval: 50 },
    });
    fs.writeFileSync(own.tree.file("ill"), "");
    const { lastExit } = await revived(own, "busy", pid);
    // It does not hear SIGTERM either.
    assert.equal(lastExit?.signal, "SIGKILL");
    assert.equal(lastExit?.unhealthy, "health check 'heartbeat' failed 2 times: no heartbeat");
    await own.tree.line(line("busy", pid, "no heartbeat"), "stderr");
  });

  await t.test("a program that gives no sign on its descriptor any more", async () => {
    const command = [
      "sh",
      "-c",
      "while ! test -e ill; do echo >&7; sleep 0.05; done; exec sleep 1000",
    ];
    const { pid } = await own.create({
      name: "beater",
      command,
      health: { heartbeat: { fd: 7 }, ...OFTEN },
    });
    fs.writeFileSync(own.tree.file("ill"), "");
    const { lastExit } = await revived(own, "beater", pid);
    assert.match(lastExit?.unhealthy ?? "", /no heartbeat$/);
  });

  await t.test(
    "a command that fails, with the node's environment and directory, and its last words",
    async () => {
      const check = 'test -e ill || exit 0; echo no >&2; echo "$WHAT is full" >&2; exit 3';
      const { pid } = await own.create({
        name: "a",
        command: ["sleep", "1000"],
        env: { WHAT: "the disk" },
        health: { command: ["sh", "-c", check], ...OFTEN },
      });
      fs.writeFileSync(own.tree.file("ill"), "");
      const { lastExit } = await revived(own, "a", pid);
      assert.match(lastExit?.unhealthy ?? "", / failed 2 times: status 3: the disk is full$/);
    },
  );

  await t.test("one whose policy is not to come back stops, and that is told", async () => {
    const { pid } = await own.create({
      name: "once",
      command: ["sleep", "1000"],
      revival: { when: "never" },
      health: { port: await freePort(), ...OFTEN, failures: 1 },
    });
    const { why, lastExit } = await own.node("once", ({ state }) => state === "stopped");
    assert.equal(why, "failed");
    assert.match(
      lastExit?.unhealthy ?? "",
      /^health check 'port \d+' failed once: Connection refused$/,
    );
    await own.tree.line(
      new RegExp(
        `'once' \\(PID ${pid}\\) failed its health check once .*: its policy starts it no more`,
      ),
      "stderr",
    );
  });

  await t.test("a check that hangs goes with its node, and leaves nothing", async () => {
    const check = ["sh", "-c", "touch runs; sleep 1001 & sleep 1002"];
    await own.create({
      name: "a",
      command: ["sleep", "1000"],
      health: { command: check, ...OFTEN, timeout: 60_000 },
    });
    await until("the check", () => fs.existsSync(own.tree.file("runs")));
    assert.equal(await own.destroy("a"), true);
    const isCheck = (pid: number) => /sleep 100[12]/.test(titleOf(pid));
    await until("it to be gone", () => !processesOf(own.tree.directory).some(isCheck));
  });

  await t.test(
    "events tell of each failure, of the first success after it, and of the end",
    async () => {
      await own.call(
        "(globalThis.seen = [], supervisor.watch((e) => seen.push(e.kind + ': ' + e.text)), true)",
      );
      fs.writeFileSync(own.tree.file("ill"), "");
      const health = { command: ["sh", "-c", "! test -e ill"], ...OFTEN, failures: 1000 };
      await own.create({ name: "a", command: ["sleep", "1000"], health });
      await own.node("a", (status) => (status.health?.failures ?? 0) >= 2);
      fs.rmSync(own.tree.file("ill"));
      await own.node("a", (status) => status.health === undefined);
      const seen = await own.call<string[]>("seen");
      const told = seen.filter((one) => one.includes("health check"));
      assert.deepEqual(told.slice(0, 2), [
        "changed: node 'a' failed a health check (1 of 1000): status 1",
        "changed: node 'a' failed a health check (2 of 1000): status 1",
      ]);
      assert.equal(told.at(-1), "changed: node 'a' passes its health checks again");
    },
  );
});
