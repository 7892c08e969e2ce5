/** `coppice status`: what an operator sees, and what a program reads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isTroubled, stateText, summaryOf } from "../../src/cli/status-table.ts";
import { displayWidth } from "../../src/cli/width.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { coppice, FakeRemote, member, NOW, node } from "./fake.ts";

const exit = (code: number) => ({ code, at: NOW - 3_000 });

test("the table tells name, state, pid, times, restarts, last exit, CPU and memory", async () => {
  const remote = new FakeRemote(
    node("web", { pid: 4711, since: NOW - 65_000 }),
    node("crash", { state: "waiting", generation: 4, lastExit: exit(3), nextStart: NOW + 2_100 }),
    node("new", { state: "pending", generation: 0 }),
  );
  remote.use = { web: { cpu: 1_250, memory: 12.3 * 1024 ** 2 } };
  const { status, stdout, stderr } = await coppice(["status"], { remote });
  assert.equal(
    stdout,
    `
NAME   STATE                   PID  UP SINCE          RESTARTS  LAST EXIT          CPU    MEMORY
web    running                4711  14:02:17 (1m 5s)         0  -                 1.3s  12.3 MiB
crash  waiting, starts in 3s     -  -                        3  status 3, 3s ago     -         -
new    pending                   -  -                        0  -                    -         -
`.slice(1),
  );
  assert.equal(status, 0);
  assert.equal(stderr, "");
  assert.ok(remote.isClosed);
});

test("failures are coloured, and what was told to end is none", async () => {
  const remote = new FakeRemote(
    node("up"),
    node("again", { generation: 2, lastExit: { signal: "SIGTERM", at: NOW - 1 } }),
    node("flaky", { generation: 2, lastExit: { signal: "SIGSEGV", at: NOW - 1 } }),
    node("down", { state: "waiting", lastExit: exit(1) }),
    node("done", { state: "stopped", why: "done", lastExit: exit(0) }),
    node("given-up", { state: "stopped", why: "failed", lastExit: exit(1) }),
    node("killed", { state: "stopped", why: "told", lastExit: { signal: "SIGKILL", at: NOW - 1 } }),
  );
  const { stdout } = await coppice(["status", "--color", "always"], { remote });
  const lines = stdout.split("\n");
  const line = (name: string) => lines.find((one) => one.startsWith(`${name} `)) ?? "";
  const red = "\u001b[31m";
  const yellow = "\u001b[33m";
  assert.ok(line("up").includes("\u001b[32mrunning"));
  assert.ok(!line("again").includes(red) && !line("again").includes(yellow));
  assert.ok(line("flaky").includes(`${yellow}signal SIGSEGV`));
  assert.ok(line("down").includes(`${red}waiting`) && line("down").includes(`${red}status 1`));
  assert.ok(!line("done").includes(red));
  assert.ok(line("done").includes("\u001b[2mdone"));
  assert.ok(line("given-up").includes(`${red}failed`));
  // It was stopped by order, however it ended.
  assert.ok(line("killed").includes("\u001b[2mstopped") && !line("killed").includes(red));
});

test("one that fails its checks is troubled, and that it was ended for that is its last exit", async () => {
  const health = { failures: 1, limit: 3, reason: "timed out" };
  const unhealthy = "health check 'heartbeat' failed 3 times: no heartbeat";
  const remote = new FakeRemote(
    node("ailing", { health }),
    // It ended well when it was told to, and by the very signal that it was told with.
    node("again", { generation: 2, lastExit: { code: 0, at: NOW - 3_000, unhealthy } }),
    node("down", { state: "waiting", lastExit: { signal: "SIGTERM", at: NOW - 1, unhealthy } }),
  );
  const { stdout } = await coppice(["status", "--color", "always"], { remote });
  const line = (name: string) => stdout.split("\n").find((one) => one.startsWith(name)) ?? "";
  assert.ok(line("ailing").includes("\u001b[33mrunning, 1 of 3 checks failed"));
  assert.ok(line("again").includes("\u001b[33munhealthy, 3s ago"));
  assert.ok(line("down").includes("\u001b[31munhealthy, 0s ago"));
  assert.ok(isTroubled(node("a", { health })));
  assert.equal(summaryOf([node("a"), node("b", { health })]), "2 nodes: 1 running, 1 unwell");
  const json = JSON.parse((await coppice(["status", "--json"], { remote })).stdout);
  assert.deepEqual(json.nodes.ailing.health, health);
  assert.equal(json.nodes.again.lastExit.unhealthy, unhealthy);
});

test("colours come on a terminal, unless they are not wanted", async () => {
  const remote = new FakeRemote(node("web"));
  const isColoured = async (argv: string[], isTerminal: boolean, env: Record<string, string>) => {
    const { stdout } = await coppice(["status", ...argv], { remote, isTerminal, env });
    return stdout.includes("\u001b[");
  };
  assert.equal(await isColoured([], true, { TERM: "xterm" }), true);
  assert.equal(await isColoured([], false, { TERM: "xterm" }), false);
  assert.equal(await isColoured([], true, { TERM: "dumb" }), false);
  assert.equal(await isColoured([], true, { NO_COLOR: "1" }), false);
  assert.equal(await isColoured([], true, { NO_COLOR: "" }), true);
  assert.equal(await isColoured([], false, { FORCE_COLOR: "1" }), true);
  assert.equal(await isColoured([], true, { FORCE_COLOR: "0" }), false);
  assert.equal(await isColoured(["--color=never"], true, { FORCE_COLOR: "1" }), false);
  assert.equal(await isColoured(["--color=always"], false, { NO_COLOR: "1" }), true);
});

test("a line never wraps on a terminal; elsewhere nothing is cut", async () => {
  const name = "a-worker-with-a-very-long-name-".repeat(4);
  const remote = new FakeRemote(
    node(name, { state: "waiting", lastExit: exit(1), nextStart: NOW + 5_000 }),
  );
  for (const columns of [20, 40, 60, 80, 100, 200]) {
    const { stdout } = await coppice(["status"], {
      remote,
      isTerminal: true,
      columns,
      env: { NO_COLOR: "1" },
    });
    for (const line of stdout.split("\n")) assert.ok(displayWidth(line) <= columns, line);
    if (columns >= 60) assert.match(stdout, /waiting, starts in 5s/);
  }
  assert.ok((await coppice(["status"], { remote })).stdout.includes(name));
});

test("a node that there is not is told, with the one that was meant; the others are shown", async () => {
  const remote = new FakeRemote(node("web-1"), node("db"));
  const { status, stdout, stderr } = await coppice(["status", "wwb-1", "db", "constructor"], {
    remote,
  });
  assert.equal(status, 1);
  assert.match(stdout, /^db /m);
  assert.doesNotMatch(stdout, /web-1/);
  assert.equal(
    stderr,
    "error: there is no node 'wwb-1'; did you mean 'web-1'?\n" +
      "error: there is no node 'constructor', but 'web-1', 'db'\n",
  );
  const none = await coppice(["status", "x"], { remote: new FakeRemote() });
  assert.deepEqual([none.status, none.stdout], [1, ""]);
});

test("--json is one object: nodes with what they use", async () => {
  const remote = new FakeRemote(node("web"), node("__proto__"));
  remote.use = { web: { cpu: 5, memory: 6 } };
  const { stdout } = await coppice(["status", "--json"], { remote });
  const { nodes } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(nodes), ["web", "__proto__"]);
  assert.deepEqual(nodes.web, { ...node("web"), cpu: 5, memory: 6 });
});

test("names and texts cannot do anything to the terminal", async () => {
  const remote = new FakeRemote(
    node("a\u001b[2J\nb", { lastExit: { signal: "\u001b[31mX", at: NOW } }),
  );
  const { stdout } = await coppice(["status"], { remote });
  assert.match(stdout, /a\\x1b\[2J\\nb/);
  assert.doesNotMatch(stdout, /[^\P{Cc}\n]/u);
});

test("of a Zeek there is what it tells: pids", async () => {
  const remote = new FakeRemote(
    node("up", { generation: 0, since: 0, pid: 7 }),
    node("down", { state: "pending", generation: 0, since: 0 }),
  );
  remote.isZeek = true;
  remote.usage = () => Promise.reject(new UnsupportedError("a Zeek does not tell"));
  const { status, stdout } = await coppice(["status"], { remote });
  assert.equal(status, 0);
  assert.match(stdout, /^up +running +7 +- +- +- +- +-$/m);
  assert.match(stdout, /^down +pending +- +- +- +- +- +-$/m);
});

test("--watch prints a table again and again, at once when something happens", async () => {
  const remote = new FakeRemote(node("web"));
  let now = NOW;
  remote.use = { web: { cpu: 1_000, memory: 1 } };
  const tables: string[] = [];
  const enough = new Error("enough");
  const watching = coppice(["status", "--watch"], {
    remote,
    now: () => now,
    onOutput(stdout) {
      tables.push(stdout);
      now += 2_000;
      remote.use = { web: { cpu: 1_000 + tables.length * 500, memory: 1 } };
      if (tables.length === 1) remote.tell({ kind: "exited" });
      if (tables.length === 3) throw enough;
    },
  });
  await assert.rejects(watching, enough);
  const lines =
    tables
      .at(-1)
      ?.split("\n")
      .filter((line) => line.startsWith("web")) ?? [];
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /-\s+0 KiB$/);
  assert.match(lines[1] ?? "", /25\.0%\s+0 KiB$/);
  assert.equal(remote.handlers.size, 0);
});

test("--watch draws in place on a terminal, what is wrong first, and gives the terminal back", async () => {
  const remote = new FakeRemote(
    ...Array.from({ length: 30 }, (_, i) => node(`node-${i}`)),
    node("broken", { state: "waiting", nextStart: NOW + 1_000 }),
  );
  let screen = "";
  let written = 0;
  const enough = new Error("enough");
  const watching = coppice(["status", "-w"], {
    remote,
    isTerminal: true,
    columns: 60,
    rows: 10,
    env: { NO_COLOR: "1" },
    onOutput(stdout) {
      screen = stdout;
      if (++written === 3) throw enough;
    },
  });
  await assert.rejects(watching, enough);
  const [before = "", first = ""] = screen.split("\u001b[H");
  assert.equal(before, "\u001b[?1049h\u001b[?25l");
  assert.ok(screen.endsWith("\u001b[?25h\u001b[?1049l"), "left as it was found");
  const lines = first
    .split("\r\n")
    .map((line) => line.replaceAll("\u001b[K", "").replace("\u001b[J", ""));
  assert.ok(lines.length <= 10);
  assert.match(lines[0] ?? "", /^14:03:22 {2}31 nodes: 30 running, 1 waiting$/);
  assert.match(lines[3] ?? "", /^broken +waiting, starts in 1s/);
  assert.match(lines.at(-1) ?? "", /^… and 25 nodes: 25 running$/);
});

test("a node that runs and is not ready is yellow, and counted apart", async () => {
  const remote = new FakeRemote(
    node("web", { ready: true }),
    node("db", { ready: false }),
    node("old", {}),
  );
  const { stdout } = await coppice(["status", "--color", "always"], { remote });
  const line = (name: string) => stdout.split("\n").find((one) => one.startsWith(`${name} `)) ?? "";
  assert.ok(line("db").includes("\u001b[33mrunning, not ready\u001b"));
  assert.ok(line("web").includes("\u001b[32mrunning\u001b"));
  assert.ok(line("old").includes("\u001b[32mrunning\u001b"), "of which it is not known");
  const nodes = [...remote.nodes.values()];
  assert.equal(summaryOf(nodes), "3 nodes: 2 running, 1 not ready");
  assert.deepEqual(nodes.map(isTroubled), [false, true, false]);
});

test("what a node waits for is told: all of a few, else the first two and how many more", () => {
  const text = (state: NodeStatus["state"], ...waitsFor: string[]) =>
    stateText(node("w", { state, waitsFor }), NOW);
  assert.equal(text("pending", "a"), "pending, waits for a");
  assert.equal(text("pending", "a", "b"), "pending, waits for a and b");
  assert.equal(text("stopping", "a", "b", "c"), "stopping, waits for a, b and c");
  assert.equal(
    text("pending", "logger-1", "manager", "c", "d", "e"),
    "pending, waits for logger-1, manager and 3 more",
  );
  // The Supervisor tells the first ten: how many there are nobody knows.
  const ten = Array.from({ length: 10 }, (_, i) => `n${i}`);
  assert.equal(text("pending", ...ten), "pending, waits for n0, n1 and 8 or more");
  assert.equal(text("pending", "\u001b[2J"), "pending, waits for \\x1b[2J");
  assert.equal(text("pending"), "pending");
});

test("what a node waits for is cut where the terminal is narrow", async () => {
  const waitsFor = ["logger-1", "manager", "proxy-1"];
  const remote = new FakeRemote(node("worker-1", { state: "pending", waitsFor }));
  const { stdout } = await coppice(["status"], {
    remote,
    isTerminal: true,
    columns: 50,
    env: { NO_COLOR: "1" },
  });
  assert.match(stdout, /^worker-1 {2}pending, waits for log\S*…/m);
  for (const line of stdout.split("\n")) assert.ok(displayWidth(line) <= 50, line);
});

test("roles have a column if there are any, the first to go where there is no room", async () => {
  const remote = new FakeRemote(member("logger-1", "LOGGER"), node("web"), member("odd", "NONE"));
  const { stdout } = await coppice(["status"], { remote });
  assert.match(stdout, /^NAME +ROLE +STATE /m);
  assert.match(stdout, /^logger-1 +logger +running /m);
  assert.match(stdout, /^web +- +running /m);
  assert.match(stdout, /^odd +- +running /m);
  let without = 0;
  for (let columns = stdout.length; columns > 20; columns--) {
    const narrow = { remote, isTerminal: true, env: { NO_COLOR: "1" }, columns };
    const [titles = ""] = (await coppice(["status"], narrow)).stdout.split("\n");
    if (titles.includes("ROLE")) assert.match(titles, /STATE .* CPU +MEMORY$/);
    else without++;
  }
  assert.ok(without > 0);
  const none = new FakeRemote(node("web"), member("odd", "NONE"));
  assert.doesNotMatch((await coppice(["status"], { remote: none })).stdout, /ROLE/);
});

test("--json has what a node waits for, whether it is ready, and no more than the status", async () => {
  const one = node("a", { state: "pending", waitsFor: ["b", "c"], ready: false });
  const { stdout } = await coppice(["status", "--json"], { remote: new FakeRemote(one) });
  assert.deepEqual(JSON.parse(stdout).nodes, { a: one });
});
