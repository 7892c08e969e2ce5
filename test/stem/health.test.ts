/** Checks of processes' health, done: on real sockets, pipes and commands. */
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import type { HealthCheck } from "../../src/core/health.ts";
import { PipePool } from "../../src/os/pipes.ts";
import { HealthChecks } from "../../src/stem/health.ts";
import { freePort } from "../fixtures/ports.ts";
import { atEnd, isAlive, temporaryDirectory, until } from "../fixtures/tree.ts";
import { busy } from "../fixtures/turns.ts";

const PATIENT = { timeout: 600_000 };

function checks(t: TestContext) {
  const directory = temporaryDirectory(t);
  const health = new HealthChecks({
    environmentOf: () => ({ PATH: process.env["PATH"], WHAT: "the node's" }),
    prefixOf: () => [],
    pipes: new PipePool(temporaryDirectory(t), "/usr/bin/mkfifo"),
  });
  return {
    directory,
    health,
    /** What a check of process 7 comes to: the reason, or undefined. */
    check: (check: HealthCheck) =>
      new Promise<string | undefined>((seen) =>
        health.check({ name: "a", directory, health: check }, 7, seen),
      ),
  };
}

test("a command: its status, the last line that it said, and why it cannot be executed", async (t) => {
  const { directory, check } = checks(t);
  const sh = (script: string) => check({ command: ["sh", "-c", script], ...PATIENT });
  assert.equal(await sh("echo well >&2"), undefined);
  assert.equal(await sh("echo x >/dev/stderr; exit 3"), "status 3: x");
  assert.equal(
    await sh('echo no >&2; echo "$WHAT disk is full" >&2; exit 1'),
    "status 1: the node's disk is full",
  );
  assert.equal(await sh("kill -TERM $$"), "ended by SIGTERM");
  assert.equal(
    await sh("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1"),
    `status 1: ${"x".repeat(200)}`,
  );
  assert.equal(
    await check({ command: ["./look"], ...PATIENT }),
    "cannot execute ./look: No such file or directory",
  );
  fs.writeFileSync(path.join(directory, "look"), "#!/bin/sh\ntest -e here\n", { mode: 0o755 });
  assert.equal(await check({ command: ["./look"] }), "status 1");
  fs.writeFileSync(path.join(directory, "here"), "");
  assert.equal(await check({ command: ["./look"] }), undefined);
});

test("a command that takes too long is killed with its group, and so is what one leaves behind", async (t) => {
  const { directory, check } = checks(t);
  const script = "sleep 1003 & echo $! > pid; echo waits >&2; wait";
  const reason = await check({ command: ["sh", "-c", script], timeout: 500 });
  // It may not even have come to say so.
  assert.match(reason ?? "", /^timed out/);
  const file = path.join(directory, "pid");
  if (fs.existsSync(file)) {
    const pid = Number(fs.readFileSync(file, "utf8"));
    await until("its child to be gone", () => !isAlive(pid));
  }
  const left = await check({ command: ["sh", "-c", "sleep 1004 & echo $! > left"], ...PATIENT });
  assert.equal(left, undefined);
  const pid = Number(fs.readFileSync(path.join(directory, "left"), "utf8"));
  await until("what it left to be gone", () => !isAlive(pid));
});

test("a port or a Unix socket: whether it accepts, and why not", async (t) => {
  const { directory, check } = checks(t);
  const port = await freePort();
  assert.equal(await check({ port, ...PATIENT }), "Connection refused");
  assert.equal(await check({ port: "./a.sock", ...PATIENT }), "No such file or directory");
  const servers = [port, path.join(directory, "a.sock")].map((where) =>
    net.createServer((socket) => socket.destroy()).listen(where),
  );
  atEnd(t, () => {
    for (const server of servers) server.close();
  });
  await Promise.all(servers.map((server) => once(server, "listening")));
  assert.equal(await check({ port, ...PATIENT }), undefined);
  assert.equal(await check({ port: "./a.sock", ...PATIENT }), undefined);
});

test("HTTP: an answer, and an answer that does not come in time", async (t) => {
  const { check } = checks(t);
  const answers = ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 500 No\r\n\r\n"];
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    const answer = answers.shift();
    if (answer !== undefined) socket.once("data", () => socket.end(answer));
  });
  atEnd(t, () => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port: http } = server.address() as net.AddressInfo;
  assert.equal(await check({ http, ...PATIENT }), undefined);
  assert.equal(await check({ http, ...PATIENT }), "status 500");
  assert.equal(await check({ http, timeout: 100 }), "timed out");
});

test("a heartbeat: one since the last check, or one while it is waited for; each counts once", async (t) => {
  const { health, check } = checks(t);
  const stream = new PassThrough();
  health.heartbeats.watch(7, stream);
  stream.write("\n\n\n");
  await until("it to be read", () => stream.readableLength === 0);
  assert.equal(await check({ heartbeat: true, ...PATIENT }), undefined);
  assert.equal(await check({ heartbeat: true, timeout: 50 }), "no heartbeat");
  const next = check({ heartbeat: true, ...PATIENT });
  setImmediate(() => stream.write("."));
  assert.equal(await next, undefined);
  stream.end();
  assert.equal(await check({ heartbeat: true, timeout: 50 }), "no heartbeat", "nor after its end");
});

test("what came while we stood still came in time", async (t) => {
  const { health, check } = checks(t);
  const pipe = new PipePool(temporaryDirectory(t), "/usr/bin/mkfifo").take();
  assert.ok(pipe !== undefined);
  const stream = pipe.open();
  atEnd(t, () => stream.destroy());
  health.heartbeats.watch(7, stream);
  // What does the checks is loaded with the first of them.
  fs.writeSync(pipe.write, "\n");
  assert.equal(await check({ heartbeat: true, ...PATIENT }), undefined);
  const next = check({ heartbeat: true, timeout: 100 });
  await new Promise((begun) => setImmediate(() => setImmediate(begun)));
  fs.writeSync(pipe.write, "\n");
  busy(500);
  assert.equal(await next, undefined);
  fs.closeSync(pipe.write);
});

test("a process that has ended ends its check, and nothing is told", async (t) => {
  const { directory, health } = checks(t);
  const command = ["sh", "-c", "echo $$ > pid; exec sleep 1005"];
  health.check({ name: "a", directory, health: { command, ...PATIENT } }, 7, () =>
    assert.fail("nobody wants to know"),
  );
  const file = path.join(directory, "pid");
  const pid = await until(
    "the command",
    () => Number(fs.existsSync(file) && fs.readFileSync(file, "utf8")) || undefined,
  );
  health.exited(7);
  await until("it to be gone", () => !isAlive(pid));
});
