/** The verbs that go on: `logs`, `events`, `wait`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ReaderGone } from "../../src/cli/output.ts";
import type { OutputLine } from "../../src/core/api.ts";
import { ConnectionLostError, NoSupervisorError, UnsupportedError } from "../../src/errors.ts";
import { coppice, FakeRemote, NOW, node, type World } from "./fake.ts";

const line = (text: string, more: Partial<OutputLine> = {}): OutputLine => ({
  node: "web",
  stream: "stdout",
  at: NOW,
  text,
  complete: true,
  ...more,
});

async function logs(lines: OutputLine[], argv: string[] = [], world: World = {}) {
  const remote = new FakeRemote(node("web"), node("db"));
  remote.lines = lines;
  const result = await coppice(["logs", ...argv], { remote, ...world });
  return { ...result, followed: remote.followOptions };
}

test("logs: each line with its node; of a single node without", async () => {
  const lines = [line("one"), line("two", { node: "db", stream: "stderr" }), line("")];
  const all = await logs(lines);
  assert.equal(all.stdout, "[web] one\n[db] two\n[web] \n");
  assert.deepEqual(all.followed, { nodes: [], lines: 10, follow: false });
  const one = await logs([line("one"), line("two", { stream: "stderr" })], ["web", "-n", "all"]);
  assert.equal(one.stdout, "one\ntwo\n");
  assert.deepEqual(one.followed, {
    nodes: ["web"],
    lines: Number.POSITIVE_INFINITY,
    follow: false,
  });
});

test("logs: bytes are the node's own, long lines are put together again", async () => {
  const { bytes } = await logs(
    [
      line("\u001b[2J\udcff\udc80 é\r"),
      line("a", { complete: false }),
      line("b", { complete: false }),
      line("c"),
      line("no end", { complete: false }),
    ],
    ["web"],
  );
  const wanted = ["\u001b[2J", Buffer.of(0xff, 0x80), " é\r\nabc\nno end"].map((part) =>
    Buffer.from(part),
  );
  assert.deepEqual(bytes, Buffer.concat(wanted));
});

test("logs: lines of several nodes do not run into each other", async () => {
  const { stdout } = await logs([
    line("begin ", { complete: false }),
    line("between", { node: "db" }),
    line("end"),
  ]);
  assert.equal(stdout, "[web] begin \n[db] between\n[web] end\n");
});

test("logs: on a terminal colours stay, other sequences go, and stderr is marked", async () => {
  const lines = [line("\u001b[31mred\u001b[2J"), line("oops", { stream: "stderr" })];
  const world = { isTerminal: true, env: { TERM: "xterm" } };
  const { stdout } = await logs(lines, ["web"], world);
  assert.equal(stdout, "\u001b[31mred\u001b[0m\n\u001b[31m!\u001b[0m oops\n");
  const plain = await logs(lines, [], { isTerminal: true, env: { NO_COLOR: "1" } });
  assert.equal(plain.stdout, "[web] red\n[web] ! oops\n");
});

test("logs: one stream, a gap, and where output goes that does not come by here", async () => {
  const lines = [line("out"), line("err", { stream: "stderr" }), line("later", { missed: 120 })];
  const { stdout, stderr } = await logs(lines, ["--stream", "stdout", "web"]);
  assert.equal(stdout, "out\nlater\n");
  const other = await logs(lines, ["--stream", "stderr", "web"]);
  assert.deepEqual([other.stdout, other.stderr], ["err\n", stderr]);
  assert.equal(stderr, "note: [web] 120 bytes were not read in time, and are missing here\n");
  const config = { name: "web", directory: "/srv", stdoutFile: "out.log", stderrFile: "/var/err" };
  const remote = new FakeRemote(node("web", { node: config }));
  const told = await coppice(["logs", "web"], { remote });
  assert.equal(
    told.stderr,
    "note: node 'web' writes its stdout to /srv/out.log\nnote: node 'web' writes its stderr to /var/err\n",
  );
});

test("logs --json: a line each, with nothing left out", async () => {
  const lines = [line("a\udcff", { missed: 3 }), line("b", { complete: false })];
  const { stdout, stderr } = await logs(lines, ["--json"]);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text)),
    lines,
  );
  assert.equal(stderr, "");
});

test("logs: a node that there is not, a wrong number, a Zeek", async () => {
  const unknown = await logs([line("x", { node: "db" })], ["wweb", "db"]);
  assert.deepEqual([unknown.status, unknown.stdout], [1, "[db] x\n"]);
  assert.equal(unknown.stderr, "error: there is no node 'wweb'; did you mean 'web'?\n");
  const followed = await logs([line("x", { node: "wweb" })], ["-f", "wweb"]);
  assert.deepEqual([followed.status, followed.stdout], [1, ""]);
  const gone = await logs([line("last words", { node: "gone" })], ["gone"]);
  assert.deepEqual([gone.status, gone.stdout, gone.stderr], [0, "last words\n", ""]);
  assert.equal((await logs([], ["-n", "-1"])).status, 2);
  assert.equal((await logs([], ["-n", "1.5"])).status, 2);
  assert.equal((await logs([], ["--stream", "both"])).status, 2);
  const zeek = new FakeRemote(node("web"));
  const none = new UnsupportedError("a Zeek keeps no output");
  zeek.follow = () => ({ ended: Promise.reject(none), stop() {} });
  const result = await coppice(["logs"], { remote: zeek });
  assert.deepEqual([result.status, result.stderr], [1, "error: a Zeek keeps no output\n"]);
});

test("logs: a reader that has seen enough is no error", async () => {
  const result = await logs([line("a"), line("b")], [], {
    onOutput() {
      throw new ReaderGone();
    },
  });
  assert.deepEqual([result.status, result.stderr], [0, ""]);
});

test("logs -f ends when the tree has ended, and with an error when nobody answers any more", async () => {
  const remote = new FakeRemote(node("web"));
  remote.follow = (handler) => {
    handler(line("last words"));
    return { ended: new Promise(() => {}), stop() {} };
  };
  const status = remote.status.bind(remote);
  let asked = 0;
  remote.status = async (name) => {
    if (++asked === 3) remote.tell({ kind: "ending" });
    remote.isConnected = asked <= 5;
    return remote.isConnected ? status(name) : new Promise(() => {});
  };
  const ended = await coppice(["logs", "-f", "web"], { remote });
  assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "last words\n", ""]);
  asked = -1000;
  const lost = new NoSupervisorError("nobody answers");
  let first = true;
  remote.status = async (name) => {
    if (!first) throw lost;
    first = false;
    return status(name);
  };
  const broken = await coppice(["logs", "-f", "web"], { remote });
  assert.deepEqual([broken.status, broken.stderr], [69, "error: nobody answers\n"]);
});

test("logs -f: what is still to be printed at the end is, though no time is left for it", async () => {
  const remote = new FakeRemote(node("web"));
  let asked = 0;
  let last = () => {};
  remote.follow = (handler) => {
    last = () => void handler(line("last words"));
    return { ended: new Promise(() => {}), stop() {} };
  };
  const status = remote.status.bind(remote);
  remote.status = async (name) => {
    if (asked++ === 0) return status(name);
    remote.tell({ kind: "ending" });
    setImmediate(last);
    throw new NoSupervisorError("nobody answers");
  };
  // As after a stall: each time is over before anything else has had its turn.
  const sleep = async () => {};
  assert.equal((await coppice(["logs", "-f", "web"], { remote, sleep })).stdout, "last words\n");
});

test("logs -f: a tree that stalls while it ends is no tree that has ended, as long as the connection stands", async () => {
  const remote = new FakeRemote(node("web"));
  let say = () => {};
  remote.follow = (handler) => {
    say = () => void handler(line("last words"));
    return { ended: new Promise(() => {}), stop() {} };
  };
  const status = remote.status.bind(remote);
  let asked = 0;
  let waits = 0;
  remote.status = async (name) => {
    if (asked++ === 0) return status(name);
    remote.tell({ kind: "ending" });
    return new Promise(() => {});
  };
  const sleep = async () => {
    waits++;
    if (waits === 10) say();
    if (waits === 11) remote.isConnected = false;
    await new Promise((turn) => setImmediate(turn));
  };
  const { stdout } = await coppice(["logs", "-f", "web"], { remote, sleep });
  assert.equal(stdout, "last words\n");
  assert.ok(waits > 11);
});

test("events: a line for each, with local time to the millisecond", async () => {
  const remote = new FakeRemote(node("web"));
  const run = (...argv: string[]) => coppice(["events", ...argv], { remote });
  const happen = async () => {
    while (remote.handlers.size === 0) await new Promise(setImmediate);
    remote.tell({ kind: "exited", node: "web", text: "node 'web' ended\n\u001b[2J" });
    remote.tell({ kind: "started", node: "db", text: "node 'db' was started" });
    remote.status = () => new Promise(() => {});
    remote.isConnected = false;
    remote.tell({ kind: "ending", text: "the tree ends" });
  };
  const [all] = await Promise.all([run(), happen()]);
  assert.equal(all.status, 0);
  assert.equal(
    all.stdout,
    "14:03:22.045 node 'web' ended\\n\\x1b[2J\n14:03:22.045 node 'db' was started\n14:03:22.045 the tree ends\n",
  );
  remote.status = async () => ({ nodes: { web: node("web") } });
  const [some] = await Promise.all([run("web", "later", "--json"), happen()]);
  assert.equal(JSON.parse(some.stdout).kind, "exited");
  assert.equal(some.stderr, "note: there is no node 'later', but 'web'\n");
});

test("events of a Zeek: what it cannot tell is said", async () => {
  const remote = new FakeRemote();
  remote.watch = () => {
    throw new UnsupportedError("a Zeek tells of nothing");
  };
  const { status, stderr } = await coppice(["events"], { remote });
  assert.deepEqual([status, stderr], [1, "error: a Zeek tells of nothing\n"]);
});

const wait = (remote: FakeRemote, ...argv: string[]) => coppice(["wait", ...argv], { remote });

test("wait: what is already so is told at once", async () => {
  const remote = new FakeRemote(
    node("web", { pid: 7 }),
    node("done", { state: "stopped", lastExit: { code: 0, at: NOW } }),
  );
  const running = await wait(remote, "web", "--for", "running");
  assert.deepEqual([running.status, running.stdout], [0, "node 'web' is running (PID 7)\n"]);
  const stopped = await wait(remote, "done", "--for=stopped");
  assert.equal(stopped.stdout, "node 'done' is stopped (last exit: status 0)\n");
  const nobody = await wait(remote, "nobody", "--for=stopped");
  assert.deepEqual([nobody.status, nobody.stdout], [0, "there is no node 'nobody'\n"]);
  const json = await wait(remote, "web", "--for", "running", "--json");
  assert.deepEqual(JSON.parse(json.stdout).nodes.web, node("web", { pid: 7 }));
});

test("wait: a node that is still to be created, that runs for a moment only, that is destroyed", async () => {
  const remote = new FakeRemote();
  const once = async (act: () => void) => {
    while (remote.handlers.size === 0) await new Promise(setImmediate);
    act();
  };
  const [created] = await Promise.all([
    wait(remote, "web", "--for", "running"),
    once(() => remote.nodes.set("web", node("web"))),
  ]);
  assert.equal(created.status, 0);
  const [destroyed] = await Promise.all([
    wait(remote, "web", "--for", "stopped"),
    once(() => remote.nodes.delete("web")),
  ]);
  assert.equal(destroyed.stdout, "there is no node 'web'\n");
  remote.nodes.set("web", node("web"));
  const [again] = await Promise.all([
    wait(remote, "web", "--for", "stopped"),
    once(() => {
      remote.tell({ kind: "exited", node: "web", status: node("web", { state: "stopped" }) });
      remote.tell({ kind: "gone", node: "web" });
    }),
  ]);
  assert.equal(again.stdout, "there is no node 'web'\n", "created again at once");
  remote.nodes.set("short", node("short", { state: "waiting" }));
  const [short] = await Promise.all([
    wait(remote, "short", "--for", "running"),
    once(() => remote.tell({ kind: "started", node: "short", status: node("short", { pid: 9 }) })),
  ]);
  assert.equal(short.stdout, "node 'short' is running (PID 9)\n");
});

test("wait: watching begins before the first look", async () => {
  const remote = new FakeRemote(node("web", { state: "pending" }));
  remote.status = async () => {
    remote.tell({ kind: "started", node: "web", status: node("web", { pid: 5 }) });
    return { nodes: { web: node("web", { state: "waiting" }) } };
  };
  assert.equal(
    (await wait(remote, "web", "--for", "running")).stdout,
    "node 'web' is running (PID 5)\n",
  );
});

test("wait: the time is over", async () => {
  const remote = new FakeRemote(
    node("web", { state: "waiting", nextStart: NOW + 3_000, lastExit: { code: 1, at: NOW } }),
  );
  const late = await wait(remote, "web", "--for", "stopped", "--timeout", "0.5");
  assert.deepEqual(
    [late.status, late.stderr],
    [
      1,
      "error: node 'web' is waiting, starts in 3s (last exit: status 1): not stopped after 0.5 s\n",
    ],
  );
  const never = await wait(remote, "nobody", "--for", "running", "--timeout", "0");
  assert.deepEqual(
    [never.status, never.stderr],
    [1, "error: there is no node 'nobody': not running after 0 s\n"],
  );
});

test("wait: an answer that takes longer than there is time is waited for all the same", async () => {
  const remote = new FakeRemote(node("web", { pid: 7 }));
  const status = remote.status.bind(remote);
  remote.status = async (name) => {
    await new Promise((later) => setTimeout(later, 50));
    return status(name);
  };
  const late = await wait(remote, "web", "--for", "stopped", "--timeout", "0");
  assert.deepEqual(
    [late.status, late.stderr],
    [1, "error: node 'web' is running (PID 7): not stopped after 0 s\n"],
  );
});

test("wait: when the tree ends, a node has stopped, and will not run", async () => {
  const remote = new FakeRemote(node("web"));
  const status = remote.status.bind(remote);
  let asked = 0;
  remote.status = async (name) => {
    if (asked++ === 0) return status(name);
    remote.tell({ kind: "ending" });
    throw new NoSupervisorError("nobody answers");
  };
  assert.equal((await wait(remote, "web", "--for", "stopped")).status, 0);
  asked = 0;
  remote.nodes.clear();
  assert.equal((await wait(remote, "web", "--for", "running")).status, 69);
  remote.status = () => Promise.reject(new ConnectionLostError("lost"));
  assert.equal((await wait(remote, "web", "--for", "running")).status, 1);
});

test("wait that is asked for wrongly", async () => {
  for (const argv of [[], ["a"], ["a", "b", "--for", "running"], ["a", "--for", "redy"], [""]]) {
    const { status, connected } = await coppice(["wait", ...argv]);
    assert.equal(status, 2, argv.join(" "));
    assert.equal(connected.length, 0);
  }
});
