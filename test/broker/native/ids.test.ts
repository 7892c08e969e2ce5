/** One connection for each peer: who gets it, and who waits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerIds } from "../../../src/broker/native/ids.ts";

test("D: the first connection to a peer is granted, others wait until it is settled", () => {
  const { ids, answers, claim } = setup();
  const first = claim("a", "first");
  const second = claim("a", "second");
  assert.deepEqual(
    [first.state, second.state, claim("b", "other").state],
    ["granted", "waiting", "granted"],
  );
  assert.equal(ids.isConnected("a"), false);
  first.settle();
  assert.deepEqual(answers, ["second false"]);
  assert.equal(ids.isConnected("a"), true);
  assert.equal(claim("a", "third").state, "refused");
  second.release();
  assert.equal(ids.isConnected("a"), true);
  first.release();
  assert.equal(ids.isConnected("a"), false);
  assert.equal(claim("a", "fourth").state, "granted");
});

test("D: if the first connection fails, the next in line gets the peer", () => {
  const { answers, claim } = setup();
  const first = claim("a", "first");
  const second = claim("a", "second");
  const third = claim("a", "third");
  first.release();
  assert.deepEqual(answers, ["second true"]);
  assert.deepEqual([second.state, third.state], ["granted", "waiting"]);
  second.settle();
  assert.deepEqual(answers, ["second true", "third false"]);
});

test("D: one that gives up waiting is not asked any more", () => {
  const { answers, claim } = setup();
  const first = claim("a", "first");
  const second = claim("a", "second");
  const third = claim("a", "third");
  second.release();
  first.release();
  assert.deepEqual(answers, ["third true"]);
  assert.equal(third.state, "granted");
});

test("D: releasing twice takes nothing from the next", () => {
  const { ids, claim } = setup();
  const first = claim("a", "first");
  first.release();
  const second = claim("a", "second");
  second.settle();
  first.release();
  first.settle();
  assert.equal(ids.isConnected("a"), true);
});

test("D: whoever watches is told once when the peer is gone, unless it has cancelled", () => {
  const { ids, claim } = setup();
  const told: string[] = [];
  const first = claim("a", "first");
  ids.whenFree("a", () => told.push("one"));
  const cancel = ids.whenFree("a", () => told.push("two"));
  first.settle();
  cancel();
  assert.deepEqual(told, []);
  first.release();
  claim("a", "again").release();
  assert.deepEqual(told, ["one"]);
});

function setup() {
  const ids = new PeerIds();
  const answers: string[] = [];
  const claim = (id: string, name: string) =>
    ids.claim(id, (granted) => answers.push(`${name} ${granted}`));
  return { ids, answers, claim };
}
