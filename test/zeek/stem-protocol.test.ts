/** What is said to Zeek's own Stem, and what it says. */
import assert from "node:assert/strict";
import os from "node:os";
import { test } from "node:test";
import fc from "fast-check";
import {
  createMessage,
  deathOf,
  destroyMessage,
  MAX_MESSAGE,
  restartMessage,
  StemDecoder,
  stemVariable,
} from "../../src/zeek/stem-protocol.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

test("messages to the Stem are words and a NUL", () => {
  assert.equal(text(createMessage("w", '{"name":"w ö"}')), 'create w {"name":"w ö"}\0');
  assert.equal(text(destroyMessage("w")), "destroy w\0");
  assert.equal(text(restartMessage("w")), "restart w\0");
});

test("the Stem is told its parent and both pipes, as their other end sees them", () => {
  const pipes = { in: { read: 3, write: 4 }, out: { read: 5, write: 6 } };
  assert.equal(stemVariable(1234, pipes), "1234,3,4,5,6");
});

test("messages from the Stem", () => {
  const said = [
    "status w 17",
    "error Supervised node 'w' (PID 17) terminated prematurely by signal 9",
    "debug anything at all",
    "status w 0",
    "status w",
    "status w x",
    "error",
    "error ",
    "",
    "hello",
  ];
  const messages = new StemDecoder().push(Buffer.from(said.map((one) => `${one}\0`).join("")));
  assert.deepEqual(messages, [
    { tag: "status", name: "w", pid: 17 },
    {
      tag: "error",
      text: "Supervised node 'w' (PID 17) terminated prematurely by signal 9",
    },
    { tag: "debug", text: "anything at all" },
    { tag: "status", name: "w", pid: 0 },
    { tag: "unknown", text: "status w" },
    { tag: "unknown", text: "status w x" },
    { tag: "unknown", text: "error" },
    { tag: "error", text: "" },
    { tag: "unknown", text: "" },
    { tag: "unknown", text: "hello" },
  ]);
});

test("messages are the same in whatever pieces they arrive", () => {
  const bytes = Buffer.from("status größe 17\0error ü: 木\0debug \0nonsense\0status a");
  const whole = new StemDecoder().push(bytes);
  assert.equal(whole.length, 4);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 6 });
  const property = fc.property(cuts, (at) => {
    const ends = [...at.sort((a, b) => a - b), bytes.length];
    const decoder = new StemDecoder();
    const parts = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
    assert.deepEqual(
      parts.flatMap((part) => decoder.push(part)),
      whole,
    );
  });
  fc.assert(property);
});

test("of a message without end only its start is kept, and the next one is whole", () => {
  const decoder = new StemDecoder();
  const flood = Buffer.alloc(10 * MAX_MESSAGE, "x");
  assert.deepEqual(decoder.push(Buffer.from("error ")), []);
  assert.deepEqual(decoder.push(flood), []);
  const messages = decoder.push(Buffer.from("\0status w 1\0"));
  assert.deepEqual(messages, [
    { tag: "error", text: "x".repeat(MAX_MESSAGE - "error ".length) },
    { tag: "status", name: "w", pid: 1 },
  ]);
});

test("a death is told by what the Stem says of it", () => {
  const of = (said: string) => deathOf(said, os.constants.signals);
  const table: [said: string, exit: unknown][] = [
    ["terminated prematurely by signal 9", { signal: "SIGKILL" }],
    ["terminated prematurely by signal 6", { signal: "SIGABRT" }],
    ["terminated prematurely by signal 11", { signal: "SIGSEGV" }],
    ["terminated prematurely by signal 64", { signal: "SIG64" }],
    ["exited prematurely with status 0", { code: 0 }],
    ["exited prematurely with status 1", { code: 1 }],
  ];
  for (const [said, exit] of table)
    assert.deepEqual(of(`Supervised node 'w-1' (PID 17) ${said}`), { name: "w-1", pid: 17, exit });
  for (const said of [
    "Supervised node 'w' (PID 17) revived after premature exit",
    "Failed to send signal to node 'w' (PID 17): No such process",
    "Supervised node 'w' (PID 17) exited prematurely with status 1 or so",
    "",
  ])
    assert.equal(of(said), undefined, said);
});

test("a name that quotes the sentence does not take another node's death", () => {
  const name = "a' (PID 1) exited prematurely with status 3";
  const death = deathOf(`Supervised node '${name}' (PID 2) exited prematurely with status 4`, {});
  assert.deepEqual(death, { name, pid: 2, exit: { code: 4 } });
});
