/** A tree as a service: what its manager is told, by whom, and who is not to know of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { succeeds } from "../fixtures/debian.ts";
import { environOf, linesOf } from "../fixtures/system.ts";
import { atEnd, plant, temporaryDirectory, until } from "../fixtures/tree.ts";

const NODE = `import { on, supervisor } from "coppice";
on("init", () => {
  if (!supervisor.isSupervisor()) return;
  void supervisor.create({ name: "web", command: ["sh", "-c", "echo up; exec sleep 1000"] });
});`;

/** A directory for the search path whose `systemd-notify` writes a line into `told` for each call. */
function standIn(t: TestContext, exitStatus = 0): { path: string; told: string } {
  const directory = temporaryDirectory(t);
  const told = path.join(directory, "told");
  // One write for each line, so that lines of two calls would not mix.
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${told}'\nexit ${exitStatus}\n`;
  fs.writeFileSync(path.join(directory, "systemd-notify"), script, { mode: 0o755 });
  return { path: `${directory}:${process.env["PATH"]}`, told };
}

test("a tree tells when it is up, how it is, that it lives, and that it ends; its nodes know nothing of it", async (t) => {
  const { path: search, told } = standIn(t);
  const tree = plant(t, NODE, {
    env: {
      PATH: search,
      NOTIFY_SOCKET: "/run/no-such/notify",
      WATCHDOG_USEC: "600000",
      WATCHDOG_PID: undefined,
    },
  });
  const said = (pattern: RegExp, least = 1) =>
    until(
      `${least} x ${pattern}`,
      () => linesOf(told).filter((line) => pattern.test(line)).length >= least,
      () => linesOf(told).join("\n") + tree.report(),
    );
  await said(/READY=1/);
  assert.match(linesOf(told)[0] ?? "", /^STATUS=starting$/);
  await said(/STATUS=1 of 1 node runs/);
  await said(/WATCHDOG=1/, 3);
  const stem = await tree.stem();
  for (const variable of await environOf(stem))
    assert.doesNotMatch(variable, /^(NOTIFY_SOCKET|WATCHDOG_)/);
  assert.equal((await tree.stop()).code, 0);
  const last = linesOf(told).find((line) => line.includes("STOPPING=1"));
  assert.match(last ?? "", /STATUS=ending the tree STOPPING=1 EXTEND_TIMEOUT_USEC=\d+/);
});

test("a manager that cannot be told is no reason not to run", async (t) => {
  const { path: search } = standIn(t, 1);
  const tree = plant(t, NODE, { env: { PATH: search, NOTIFY_SOCKET: "/run/no-such/notify" } });
  await tree.line(/^\[web\] up$|up$/m);
  await tree.line(/^warning: systemd-notify could not tell .*NotifyAccess=all$/m, "stderr");
  assert.equal((await tree.stop()).code, 0);
});

test("systemd's own tool brings it to a datagram socket, by path and in the abstract", async (t) => {
  if (!(await succeeds("systemd-notify", ["--version"])))
    return t.skip("no systemd-notify here (Debian: apt-get install systemd)");
  if (!(await succeeds(PYTHON, ["--version"])))
    return t.skip(`no ${PYTHON} here to receive datagrams`);
  const directory = temporaryDirectory(t);
  const abstract = `@${path.basename(directory)}`;
  for (const name of [path.join(directory, "notify"), abstract]) {
    const received = await receive(t, name);
    const tree = plant(t, NODE, { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: "30000000" } });
    const got = (word: string) =>
      until(
        `${word} on ${name}`,
        () => received().some((words) => words.includes(word)),
        () => JSON.stringify(received()) + tree.report(),
      );
    await got("READY=1");
    await got("WATCHDOG=1");
    await got("STATUS=1 of 1 node runs");
    assert.equal((await tree.stop()).code, 0);
    await got("STOPPING=1");
  }
});

/** Listens; returns what has come so far. */
async function receive(t: TestContext, name: string): Promise<() => string[][]> {
  const script = path.join(import.meta.dirname, "../fixtures/python/datagrams.py");
  const child = spawn(PYTHON, [script, name], { stdio: ["ignore", "pipe", "inherit"] });
  atEnd(t, () => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more) => {
    text += more;
  });
  await until("the socket", () => text.startsWith("bound\n"));
  return () => {
    const lines = text.slice(0, text.lastIndexOf("\n")).split("\n").slice(1);
    return lines.map((line) => JSON.parse(line) as string[]);
  };
}

const PYTHON = "/usr/bin/python3";

test("a reload is told before and after, and the tree goes on giving signs of life", async (t) => {
  const { path: search, told } = standIn(t);
  const tree = plant(t, NODE, {
    env: { PATH: search, NOTIFY_SOCKET: "/run/no-such/notify", WATCHDOG_USEC: "600000" },
  });
  const saidSince = (from: number, pattern: RegExp) =>
    until(
      `${pattern}`,
      () =>
        linesOf(told).findIndex((line, at) => at >= from && pattern.test(line)) + 1 || undefined,
      () => linesOf(told).join("\n") + tree.report(),
    );
  const up = await saidSince(0, /READY=1/);
  process.kill(tree.pid, "SIGHUP");
  const reloading = await saidSince(up, /RELOADING=1 MONOTONIC_USEC=\d+/);
  const again = await saidSince(reloading, /READY=1/);
  await saidSince(again, /WATCHDOG=1/);
  assert.equal((await tree.stop()).code, 0);
  await saidSince(again, /STOPPING=1/);
});
