/** What is said in one turn goes out in the order of the nodes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../../src/core/config.ts";
import { type Command, inOrder, Outbox } from "../../../src/supervisor/link/outbox.ts";
import type { Order } from "../../../src/wire/stem-messages.ts";

const A: NodeConfig = { name: "a" };
const B: NodeConfig = { name: "b", after: ["a"] };
const C: NodeConfig = { name: "c", after: ["b"] };

test("creations and starts: first what others come after", () => {
  const start = (config: NodeConfig): Command => ({
    config,
    message: { type: "start", name: config.name, id: 1, request: 1 },
  });
  assert.deepEqual(words(inOrder([C, A, B].map(creation))), ["create a", "create b", "create c"]);
  assert.deepEqual(words(inOrder([C, B, A].map(start))), ["start a", "start b", "start c"]);
});

test("what ends nodes: first what comes after others, all in one message", () => {
  for (const type of ["restart", "stop"] as const) {
    const commands = [A, C, B].map(
      (config): Command => ({
        config,
        message: { type, name: config.name, id: 1, request: 1 },
      }),
    );
    assert.deepEqual(words(inOrder(commands)), [`${type} c, ${type} b, ${type} a`]);
  }
  assert.deepEqual(words(inOrder([A, B].map(destruction))), ["destroy b, destroy a"]);
  assert.deepEqual(words(inOrder([destruction(A)])), ["destroy a"], "one needs no company");
});

test("29: commands of different kinds keep their order", () => {
  const commands = [destruction(A), creation(A), creation(C), creation(B), destruction(C)];
  assert.deepEqual(words(inOrder(commands)), [
    "destroy a",
    "create a",
    "create b",
    "create c",
    "destroy c",
  ]);
});

test("what was not sent yet is forgotten with its connection", () => {
  const { outbox, sent, turn } = outboxInTurns();
  outbox.add(creation(A));
  outbox.clear();
  outbox.add(creation(B));
  while (turn());
  assert.deepEqual(words(sent), ["create b"]);
});

test("what comes turn after turn goes out together, in the nodes' order", () => {
  const { outbox, sent, turn } = outboxInTurns();
  for (const config of [A, C, B]) {
    outbox.add(destruction(config));
    turn();
    turn();
  }
  assert.deepEqual(words(sent), [], "there was no break so far");
  while (turn());
  assert.deepEqual(words(sent), ["destroy c, destroy b, destroy a"]);
  outbox.add(creation(A));
  while (turn());
  assert.deepEqual(words(sent).slice(1), ["create a"]);
});

test("what comes without an end goes out from time to time", () => {
  const { outbox, sent, turn } = outboxInTurns();
  for (let i = 0; i < 250; i++) {
    outbox.add(creation(A));
    turn();
  }
  assert.equal(sent.length, 200);
});

/** `turn` ends a turn of the loop; @returns false if nobody waited for that */
function outboxInTurns() {
  const sent: Order[] = [];
  let waiting: (() => void)[] = [];
  const outbox = new Outbox(
    (message) => sent.push(message),
    (act) => waiting.push(act),
  );
  const turn = (): boolean => {
    const acts = waiting;
    waiting = [];
    for (const act of acts) act();
    return acts.length > 0;
  };
  return { outbox, sent, turn };
}

function creation(config: NodeConfig): Command {
  const rest = { fresh: true, generation: 0, previous: [], stopped: false };
  return { config, message: { type: "create", id: 1, config, ...rest } };
}

function destruction(config: NodeConfig): Command {
  return { config, message: { type: "destroy", name: config.name, id: 1 } };
}

function words(messages: readonly Order[]): string[] {
  return messages.map((message) => {
    if (message.type === "together") return words(message.commands).join(", ");
    return `${message.type} ${"config" in message ? message.config.name : "name" in message ? message.name : ""}`;
  });
}
