/** `coppice plan` and `coppice reload`: what people are shown, and with which exit status. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ReloadError } from "../../src/errors.ts";
import { coppice, FakeRemote } from "./fake.ts";

const PLAN = {
  changes: [
    { node: "old", action: "stop" as const, why: "the scripts no longer create it" },
    { node: "w\u001b[31meb", action: "restart" as const, why: "env.PATH has changed" },
    { node: "a", action: "keep" as const, why: "its configuration is the same" },
    { node: "b", action: "keep" as const, why: "its configuration is the same" },
  ],
  notes: ["handlers of 'init' did not end in time"],
};

test("a plan shows what would be done, and counts the rest", async () => {
  const remote = new FakeRemote();
  remote.planned = PLAN;
  const { status, stdout, stderr } = await coppice(["plan"], { remote });
  assert.equal(status, 0);
  assert.equal(
    stdout,
    [
      "ACTION   NODE         WHY",
      "stop     old          the scripts no longer create it",
      "restart  w\\x1b[31meb  env.PATH has changed",
      "2 nodes would stay as they are",
      "",
    ].join("\n"),
  );
  assert.equal(stderr, "note: handlers of 'init' did not end in time\n");
});

test("a plan that changes nothing says so; as JSON it is whole", async () => {
  const remote = new FakeRemote();
  remote.planned = { changes: PLAN.changes.slice(2), notes: [] };
  const { stdout } = await coppice(["plan"], { remote });
  assert.equal(stdout, "nothing would change: 2 nodes stay as they are\n");
  const json = await coppice(["plan", "--json"], { remote });
  assert.deepEqual(JSON.parse(json.stdout), remote.planned);
  remote.planned = { changes: PLAN.changes.slice(3), notes: [] };
  const one = await coppice(["plan"], { remote });
  assert.equal(one.stdout, "nothing would change: 1 node stays as it is\n");
  remote.planned = { changes: [], notes: [] };
  const empty = await coppice(["plan"], { remote });
  assert.equal(empty.stdout, "there is no node, and none would be created\n");
});

test("a reload tells what it has done", async () => {
  const remote = new FakeRemote();
  remote.reloaded = async () => ({
    kept: ["a", "b"],
    changed: ["web"],
    started: ["1", "2", "3", "4", "5", "6"],
    stopped: [],
  });
  const { status, stdout } = await coppice(["reload", "--rolling", "2"], { remote });
  assert.equal(status, 0);
  assert.equal(
    stdout,
    "reloaded: 1 restarted ('web'), 6 started ('1', '2', '3', '4', '5', and 1 more), 2 kept\n",
  );
  assert.deepEqual(remote.asked, ["reload 2"]);
});

test("scripts that fail are one line and status 1, before or after the replacement", async () => {
  const remote = new FakeRemote();
  remote.reloaded = () => Promise.reject(new ReloadError("cannot load script x.ts: SyntaxError"));
  const before = await coppice(["reload"], { remote });
  assert.equal(before.status, 1);
  assert.equal(before.stderr, "error: not reloaded: cannot load script x.ts: SyntaxError\n");
  const nothing = { changed: [], started: [], stopped: [] };
  remote.reloaded = async () => ({ kept: ["a"], ...nothing, error: "boom" });
  const after = await coppice(["reload"], { remote });
  assert.equal(after.status, 1);
  assert.match(after.stderr, /^error: the scripts failed after all, .* as it was: boom\n$/);
});

test("a reload that takes longer than people wait goes on; bad numbers are refused", async () => {
  const remote = new FakeRemote();
  remote.reloaded = () => new Promise(() => {});
  const { status, stderr } = await coppice(["reload", "--timeout", "0"], { remote });
  assert.equal(status, 1);
  assert.equal(stderr, "error: not done after 0 s; the Supervisor goes on with it\n");
  for (const count of ["0", "-1", "two", "1.5", ""]) {
    const wrong = await coppice(["reload", `--rolling=${count}`], { remote });
    assert.equal(wrong.status, 2, count);
    assert.match(wrong.stderr, /^error: --rolling is how many nodes at a time/);
  }
  const operand = await coppice(["plan", "web"], { remote });
  assert.equal(operand.status, 2);
});

test("a Zeek reads its scripts once", async () => {
  const remote = new FakeRemote();
  remote.isZeek = true;
  for (const verb of ["plan", "reload"]) {
    const { status, stderr } = await coppice([verb], { remote });
    assert.equal(status, 1);
    assert.match(stderr, /reads its scripts once/);
  }
});
