/** From news and output to records, on virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrashNext, CrashRecord } from "../../src/core/crash.ts";
import { summaryOf } from "../../src/core/crash.ts";
import type { News } from "../../src/core/life.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { Evidence } from "../../src/evidence/evidence.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NONE = new Uint8Array(0);

/** A Supervisor's view of nodes that do as the test says, and a store in memory. */
class World {
  now = 1_000;
  readonly records: CrashRecord[] = [];
  readonly said: string[] = [];
  readonly closed: string[] = [];
  /** Nothing is written as long as it is there. */
  hang: Promise<void> | undefined;
  #timers: { at: number; act: () => void }[] = [];
  readonly evidence = new Evidence({
    clock: {
      now: () => this.now,
      wall: () => 1e12 + this.now,
      at: (at, act) => {
        const timer = { at, act };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((one) => one !== timer);
        };
      },
    },
    here: "/nowhere",
    sampler: {
      started() {},
      ended: (_node, pid) =>
        pid === 0 ? undefined : { cpu: pid, memory: 5, peakMemory: 6, sampledAt: 9 },
      forget() {},
    },
    store: async () => {
      await this.hang;
      return {
        add: async (record) => {
          const whole = { id: String(this.records.length + 1), ...record };
          this.records.push(whole);
          return whole;
        },
        update: async (id: string, next: CrashNext) => {
          const record = this.records[Number(id) - 1];
          if (record !== undefined) record.next = next;
        },
        list: async () => this.records.map(summaryOf),
        get: async (id) => this.records[Number(id) - 1],
      };
    },
    crashed: async () => {},
    forgotten() {},
    closed: () => void this.closed.push("closed"),
    say: (text) => void this.said.push(text),
  });

  /** Lets the time pass, and all happen that comes of it. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { act } of due) act();
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
  }

  news(news: News, status: Partial<NodeStatus>, pid = 0): void {
    const whole = { node: { name: "a" }, state: "waiting", generation: 1, since: 1e12, ...status };
    this.evidence.news(news, pid, whole as NodeStatus);
  }

  start(pid: number, node: NodeStatus["node"] = { name: "a" }): void {
    const status = { node, state: "running", pid, since: 1e12 + this.now } as const;
    this.news({ kind: "started", revived: false }, status, pid);
  }

  die(pid: number, more: Partial<NodeStatus> & { premature?: boolean } = {}): void {
    const { premature = true, ...status } = more;
    const exit = { code: 3 };
    const lastExit = { ...exit, at: 1e12 + this.now };
    this.news({ kind: "exited", pid, exit, premature }, { lastExit, ...status }, pid);
    this.evidence.used("a", pid, 1_230);
  }

  say(pid: number, text: string, stream: "stdout" | "stderr" = "stdout"): void {
    this.evidence.heard("a", pid, stream, bytes(text));
  }

  end(pid: number): void {
    this.evidence.heard("a", pid, "stdout", NONE);
    this.evidence.heard("a", pid, "stderr", NONE);
  }
}

test("a death has its facts, its last words, what it used, and what came next", async () => {
  const world = new World();
  world.start(7);
  world.say(7, "hello\n");
  world.now += 500;
  world.die(7, { nextStart: 1e12 + 2_000 });
  world.say(7, "bad\n", "stderr");
  world.end(7);
  await world.pass(0);
  const [record] = world.records;
  assert.deepEqual(record, {
    id: "1",
    at: 1e12 + 1_500,
    node: "a",
    kind: "exit",
    exit: { code: 3 },
    pid: 7,
    generation: 1,
    startedAt: 1e12 + 1_000,
    lived: 500,
    usage: { cpu: 1_230, isFinal: true, memory: 5, peakMemory: 6, sampledAt: 9 },
    next: { kind: "waits", at: 1e12 + 2_000 },
    stdout: { lines: ["hello"], omitted: 0, complete: true },
    stderr: { lines: ["bad"], omitted: 0, complete: true },
    config: { name: "a" },
  });
  world.now += 500;
  world.start(8);
  await world.pass(0);
  assert.deepEqual(record?.next, { kind: "started", at: 1e12 + 2_000, pid: 8 });
});

test("streams are waited for, though not for ever: then it says that more may come", async () => {
  const world = new World();
  world.start(7);
  world.say(7, "before\n");
  world.die(7);
  world.evidence.heard("a", 7, "stderr", NONE);
  await world.pass(4_999);
  assert.equal(world.records.length, 0);
  world.say(7, "after\n");
  await world.pass(1);
  assert.deepEqual(world.records[0]?.stdout, {
    lines: ["before", "after"],
    omitted: 0,
    complete: false,
  });
  assert.equal(world.records[0]?.stderr.complete, true);
});

test("what was asked for leaves no record", async () => {
  const world = new World();
  world.start(7);
  world.die(7, { premature: false });
  world.end(7);
  await world.pass(10_000);
  assert.deepEqual(world.records, []);
});

test("a process that is ended since it is not well has crashed, and one before or after it has not", async () => {
  const world = new World();
  world.start(7);
  world.evidence.blame("a", 7, "it does not answer");
  world.die(7, { premature: false });
  world.end(7);
  await world.pass(0);
  world.start(8);
  world.die(8, { premature: false });
  world.evidence.blame("a", 8, "late");
  world.start(9);
  world.die(9, { premature: false });
  await world.pass(10_000);
  assert.deepEqual(
    world.records.map(({ kind, reason, pid }) => [kind, reason, pid]),
    [["unhealthy", "it does not answer", 7]],
  );
});

test("one whose health checks failed says so, and how it ended", async () => {
  const world = new World();
  world.start(7);
  const exit = { signal: "SIGTERM", unhealthy: "3 checks failed" };
  world.news({ kind: "exited", pid: 7, exit, premature: true }, {}, 7);
  world.evidence.used("a", 7, 5);
  world.end(7);
  await world.pass(0);
  const [record] = world.records;
  assert.deepEqual(
    [record?.kind, record?.reason, record?.exit],
    ["unhealthy", "3 checks failed", { signal: "SIGTERM" }],
  );
});

test("a start that failed has what was said of it, whichever is heard first", async () => {
  for (const isEarly of [true, false]) {
    const world = new World();
    if (isEarly) world.say(0, "no such file\n", "stderr");
    world.news({ kind: "failed" }, { state: "stopped", why: "failed" });
    await world.pass(500);
    if (!isEarly) world.say(0, "no such file\n", "stderr");
    await world.pass(0);
    const [record] = world.records;
    assert.deepEqual(
      [record?.kind, record?.exit, record?.pid, record?.stderr.lines, record?.next, record?.usage],
      ["start", {}, undefined, ["no such file"], { kind: "gaveUp" }, undefined],
    );
  }
  const world = new World();
  world.news({ kind: "failed" }, {});
  await world.pass(1_000);
  assert.deepEqual(world.records[0]?.stderr.lines, []);
});

test("where nobody tells what it has used, what was seen last counts", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const world = new World();
  world.start(7);
  world.news({ kind: "exited", pid: 7, exit: { signal: "SIGKILL" }, premature: true }, {}, 7);
  world.end(7);
  await world.pass(0);
  assert.equal(world.records.length, 0);
  t.mock.timers.tick(500);
  await world.pass(0);
  assert.deepEqual(world.records[0]?.usage, {
    cpu: 7,
    isFinal: false,
    memory: 5,
    peakMemory: 6,
    sampledAt: 9,
  });
});

test("one that an earlier Supervisor saw start is known by its status", async () => {
  const world = new World();
  const status = { state: "running", pid: 7, since: 1e12 } as const;
  world.news({ kind: "changed" }, status);
  world.now += 1_000;
  world.die(7);
  world.die(99);
  world.end(7);
  world.end(99);
  await world.pass(0);
  assert.deepEqual(
    world.records.map(({ pid, startedAt, lived }) => [pid, startedAt, lived]),
    [
      [7, 1e12, 2_000],
      [99, undefined, undefined],
    ],
  );
});

test("a node that is destroyed while it waits was told to, whatever comes of its name", async () => {
  const world = new World();
  world.start(7);
  world.die(7);
  world.end(7);
  await world.pass(0);
  world.evidence.destroyed("a");
  world.start(8);
  await world.pass(0);
  assert.deepEqual(world.records[0]?.next, { kind: "told" });
});

test("too many leave no record: they are counted in the next one, and told of now and then", async () => {
  const world = new World();
  const crash = (pid: number) => {
    world.start(pid);
    world.say(pid, `${pid}\n`);
    world.die(pid);
    world.end(pid);
  };
  for (let pid = 1; pid <= 30; pid++) crash(pid);
  await world.pass(0);
  assert.equal(world.records.length, 10);
  assert.deepEqual(world.said, []);
  await world.pass(10_000);
  assert.deepEqual(world.said, [
    "info: 20 crashes in the last 10 s left no record: too many came at once",
  ]);
  crash(31);
  await world.pass(0);
  const last = world.records.at(-1);
  assert.deepEqual([last?.pid, last?.unrecorded, last?.stdout.lines], [31, 20, ["31"]]);
  crash(32);
  await world.pass(120_000);
  assert.equal(world.records.at(-1)?.unrecorded, undefined);
  await world.pass(120_000);
  assert.equal(world.said.length, 1, "nothing to tell");
});

test("a disk that hangs holds up nothing, and no more than so many wait for it", async () => {
  const world = new World();
  world.hang = new Promise(() => {});
  for (let pid = 1; pid <= 500; pid++) {
    world.start(pid);
    world.die(pid);
    world.end(pid);
    await world.pass(10_000);
  }
  assert.ok(world.said.length > 0);
  assert.match(world.said.at(-1) ?? "", /crashes in the last 60 s left no record/);
});

test("at the end all that is known is written, and nothing more is taken", async () => {
  const world = new World();
  world.start(7);
  world.say(7, "last\n");
  world.die(7);
  await world.evidence.close(1_000);
  assert.deepEqual(
    world.records.map(({ stdout }) => stdout),
    [{ lines: ["last"], omitted: 0, complete: false }],
  );
  assert.deepEqual(world.closed, ["closed"]);
  world.start(8);
  world.die(8);
  world.end(8);
  await world.pass(10_000);
  assert.equal(world.records.length, 1);
});
