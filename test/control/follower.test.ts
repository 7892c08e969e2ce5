/** Following the history: credit, gaps, where it begins, goes on and ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBytes, toBytes } from "../../src/broker/text.ts";
import { Follower, type FollowerOptions } from "../../src/control/follower.ts";
import type { Chunk } from "../../src/control/line-reader.ts";
import { History } from "../../src/output/history.ts";

const PLENTY = 1e9;

class Reader {
  readonly chunks: Chunk[] = [];
  ended = 0;
  readonly follower: Follower;

  constructor(history: History, options: Partial<FollowerOptions> = {}) {
    this.follower = new Follower(
      history,
      { credit: PLENTY, ...options },
      (chunk) => this.chunks.push(chunk),
      () => this.ended++,
    );
  }

  /** All that has come, once it has had its turns. */
  async text(): Promise<string> {
    for (let i = 0; i < 50; i++) await new Promise((next) => setImmediate(next));
    return this.chunks.map(({ bytes }) => fromBytes(bytes)).join("");
  }
}

let clock = 0;
function say(history: History, node: string, text: string, stream: "stdout" | "stderr" = "stdout") {
  clock += 100;
  history.append(node, stream, toBytes(text), clock);
}

function numbered(history: History, node: string, from: number, to: number): void {
  for (let i = from; i < to; i++) say(history, node, `${i}\n`);
}

test("the last lines come first, then what comes, once and in order", async () => {
  const history = new History();
  numbered(history, "a", 0, 20);
  const reader = new Reader(history, { lines: 3 });
  assert.equal(await reader.text(), "17\n18\n19\n");
  numbered(history, "a", 20, 22);
  say(history, "a", "oops\n", "stderr");
  assert.equal(await reader.text(), "17\n18\n19\n20\n21\noops\n");
  assert.deepEqual(reader.chunks.at(-1)?.stream, "stderr");
  assert.equal(reader.ended, 0);
});

for (const [lines, expected] of [
  [undefined, "10 lines"],
  [0, "no lines"],
  [Number.POSITIVE_INFINITY, "all lines"],
  [-1, "no lines"],
] as const) {
  test(`lines: ${lines} is ${expected}`, async () => {
    const history = new History();
    numbered(history, "a", 0, 20);
    const reader = new Reader(history, lines === undefined ? {} : { lines });
    const count = (await reader.text()).split("\n").length - 1;
    assert.equal(count, { "10 lines": 10, "no lines": 0, "all lines": 20 }[expected]);
  });
}

test("without credit nothing comes; with some, some; what has gone meanwhile is counted", async () => {
  const history = new History({ total: 4096, most: 4096, least: 1024, departed: 2 });
  numbered(history, "a", 0, 100);
  const reader = new Reader(history, { lines: Number.POSITIVE_INFINITY, credit: 0 });
  assert.equal(await reader.text(), "");
  numbered(history, "a", 100, 2000);
  assert.equal(await reader.text(), "");
  reader.follower.grant(1);
  const text = await reader.text();
  assert.match(text, /^(\d+)\n/);
  const [first] = reader.chunks;
  assert.ok(first!.missed > 3000);
  assert.equal(first!.missed + first!.bytes.length, first!.next);
  const others = reader.chunks.slice(1);
  assert.ok(others.every(({ missed }) => missed === 0));
  reader.follower.grant(PLENTY);
  assert.ok((await reader.text()).endsWith("1998\n1999\n"));
});

test("it never sends much more than its credit, however many nodes there are", async () => {
  const history = new History();
  for (let n = 0; n < 20; n++)
    for (let i = 0; i < 60; i++) say(history, `n${n}`, `${"x".repeat(999)}\n`);
  const reader = new Reader(history, { lines: Number.POSITIVE_INFINITY, credit: 10_000 });
  const size = (await reader.text()).length;
  assert.ok(size >= 10_000 && size < 100_000, String(size));
});

test("of several nodes at once, what came first comes first; only those that are wanted", async () => {
  const history = new History();
  for (const text of ["1", "2", "3"]) {
    say(history, "b", `b${text}\n`);
    say(history, "a", `a${text}\n`);
    say(history, "c", `c${text}\n`);
  }
  assert.equal(await new Reader(history).text(), "b1\na1\nc1\nb2\na2\nc2\nb3\na3\nc3\n");
  const some = new Reader(history, { nodes: ["a", "c", "nobody"] });
  assert.equal(await some.text(), "a1\nc1\na2\nc2\na3\nc3\n");
  say(history, "b", "b4\n");
  say(history, "a", "a4\n");
  say(history, "nobody", "now\n");
  assert.ok((await some.text()).endsWith("c3\na4\nnow\n"));
});

test("a clock that is set back does not change the order of a node's lines", async () => {
  const history = new History();
  history.append("a", "stdout", toBytes("1\n"), 9_000);
  history.append("a", "stderr", toBytes("2\n"), 100);
  history.append("b", "stdout", toBytes("b\n"), 200);
  assert.equal(await new Reader(history).text(), "b\n1\n2\n");
});

test("the Stem's own lines are not of a node", async () => {
  const history = new History();
  say(history, "", "stem\n");
  assert.equal(await new Reader(history).text(), "");
});

test("follow: false ends after what there was at the beginning", async () => {
  const history = new History();
  numbered(history, "a", 0, 5);
  numbered(history, "b", 0, 2);
  const reader = new Reader(history, { follow: false });
  numbered(history, "a", 5, 9);
  say(history, "c", "new\n");
  assert.equal((await reader.text()).length, 14);
  assert.equal(reader.ended, 1);
  const none = new Reader(history, { follow: false, nodes: ["nobody"] });
  await none.text();
  assert.equal(none.ended, 1, "of nobody at once");
});

test("follow: false shows nothing later, even if all that was to be shown is gone", async () => {
  const history = new History({ total: 1024, most: 1024, least: 1024, departed: 2 });
  numbered(history, "a", 0, 5);
  const reader = new Reader(history, { follow: false, credit: 0 });
  numbered(history, "a", 5, 2000);
  reader.follower.grant(PLENTY);
  assert.equal(await reader.text(), "");
  assert.equal(reader.ended, 1);
});

test("it goes on where another one was, in nodes that come and in new ones", async () => {
  const history = new History();
  numbered(history, "a", 0, 5);
  numbered(history, "b", 0, 5);
  const first = new Reader(history, { lines: 1 });
  assert.deepEqual(first.follower.positions, { a: 8, b: 8 }, "known before anything was sent");
  await first.text();
  const from = first.follower.positions;
  first.follower.stop();
  numbered(history, "a", 5, 7);
  say(history, "c", "new\n");
  const second = new Reader(history, { from, lines: Number.POSITIVE_INFINITY });
  assert.equal(await second.text(), "5\n6\nnew\n");
});

test("a position beyond what there is, of a node that was forgotten, is the beginning", async () => {
  const history = new History();
  numbered(history, "a", 0, 3);
  const reader = new Reader(history, { from: { a: 1_000_000 } });
  assert.equal(await reader.text(), "0\n1\n2\n");
});

test("a node that is gone is read to its end, and its successor too", async () => {
  const history = new History({ total: 1e6, most: 1e5, least: 1024, departed: 1 });
  history.arrived("a");
  numbered(history, "a", 0, 2);
  const reader = new Reader(history);
  history.left("a");
  assert.equal(await reader.text(), "0\n1\n");
  history.left("b");
  assert.deepEqual(history.nodes(), []);
  history.arrived("a");
  say(history, "a", "x\n");
  assert.equal(await reader.text(), "0\n1\nx\n");
});

test("odd names are names", async () => {
  const history = new History();
  say(history, "__proto__", "1\n");
  const reader = new Reader(history);
  assert.equal(await reader.text(), "1\n");
  const from = reader.follower.positions;
  assert.ok(Object.hasOwn(from, "__proto__"));
  say(history, "__proto__", "2\n");
  assert.equal(await new Reader(history, { from }).text(), "2\n");
});

test("after stop nothing comes, and the end is told once", async () => {
  const history = new History();
  numbered(history, "a", 0, 3);
  const reader = new Reader(history);
  reader.follower.stop();
  reader.follower.stop();
  reader.follower.grant(5);
  numbered(history, "a", 3, 6);
  assert.equal(await reader.text(), "");
  assert.equal(reader.ended, 1);
});

test("nothing is lost or doubled, whatever is written and granted when", async () => {
  const step = fc.record({
    node: fc.constantFrom("a", "b"),
    lines: fc.nat(30),
    credit: fc.nat(100),
    stderr: fc.boolean(),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const history = new History();
      const written: Record<string, string> = { a: "", b: "" };
      const reader = new Reader(history, { credit: 0 });
      for (const { node, lines, credit, stderr, wait } of steps) {
        const text = Array.from({ length: lines }, (_, i) => `${clock}-${i}\n`).join("");
        say(history, node, text, stderr ? "stderr" : "stdout");
        written[node] += text;
        reader.follower.grant(credit);
        if (wait) await new Promise((next) => setImmediate(next));
      }
      reader.follower.grant(PLENTY);
      await reader.text();
      for (const node of ["a", "b"]) {
        const own = reader.chunks.filter((chunk) => chunk.node === node);
        assert.equal(own.map(({ bytes }) => fromBytes(bytes)).join(""), written[node]);
        assert.equal(own.at(-1)?.next ?? 0, history.end(node));
      }
    }),
    { numRuns: 50 },
  );
});
