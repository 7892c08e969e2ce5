/** A Supervisor that takes over the Stem of another one, which itself had only just begun. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "../../src/errors.ts";
import type { Stray } from "../../src/supervisor/roster/reconcile.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { FromStem, ToStem } from "../../src/wire/stem-messages.ts";

const LEFT: Stray = { name: "a", pid: 50, startTime: 7 };

function meet(strays: Stray[] = [], canSee = () => true) {
  const sent: ToStem[] = [];
  const turns: (() => void)[] = [];
  const stem = { pid: 40, signal: () => {} };
  const supervisor = new Supervisor({
    clock: { now: () => 0, wall: () => 0, at: () => () => {} },
    startStem: () => stem,
    takeOverStem: () => stem,
    soon: (act) => turns.push(act),
    accept: (config) => config as { name: string },
    strays: () => {
      if (!canSee()) throw new ProtocolError("nothing can be seen");
      return strays;
    },
    send: (message) => sent.push(message),
    say: () => {},
    stemSays: () => {},
    nodeStatus: () => {},
    kept: () => {},
    nodeExit: () => {},
    missedExit: () => {},
    happened: () => {},
  });
  const settled = (): ToStem[] => {
    for (let act = turns.shift(); act !== undefined; act = turns.shift()) act();
    return sent.splice(0);
  };
  return { supervisor, settled };
}

const SYNCED: Extract<FromStem, { type: "synced" }> = {
  type: "synced",
  ending: [],
  last: { id: 0, request: 0 },
};

test("36: what the Stem before it has left is ended before a node of that name starts", async () => {
  const { supervisor, settled } = meet([LEFT]);
  const taken = supervisor.takeOver();
  supervisor.connected();
  supervisor.receive(SYNCED);
  assert.equal(await taken, true);
  void supervisor.create({ name: "a" });
  const orders = settled().flatMap((one) => (one.type === "together" ? one.commands : [one]));
  const [first, second] = orders;
  assert.equal(first?.type, "end");
  assert.deepEqual(first?.type === "end" && first.previous, [{ pid: 50, startTime: 7 }]);
  assert.deepEqual([second?.type, orders.length], ["create", 2]);
});

test("36: while it cannot be seen what is left nothing starts, and the next connection is another try", async () => {
  let canSee = false;
  const { supervisor, settled } = meet([LEFT], () => canSee);
  const taken = supervisor.takeOver();
  supervisor.connected();
  assert.throws(() => supervisor.receive(SYNCED), ProtocolError, "which ends the connection");
  supervisor.disconnected();
  canSee = true;
  supervisor.connected();
  supervisor.receive(SYNCED);
  assert.equal(await taken, true);
  void supervisor.create({ name: "a" });
  const orders = settled().flatMap((one) => (one.type === "together" ? one.commands : [one]));
  assert.deepEqual(
    orders.map(({ type }) => type),
    ["end", "create"],
  );
});

test("a Stem that has not yet said what it has cannot hold on to it", () => {
  const { supervisor, settled } = meet();
  void supervisor.start();
  void supervisor.create({ name: "a" });
  assert.equal(supervisor.hold(1_000), false, "it has not connected");
  supervisor.connected();
  assert.equal(supervisor.hold(1_000), false, "it has no nodes yet");
  supervisor.receive(SYNCED);
  assert.equal(supervisor.hold(1_000), true);
  assert.deepEqual(
    settled().map(({ type }) => type),
    ["create", "hold"],
    "what was ordered comes first",
  );
  supervisor.disconnected();
  supervisor.connected();
  assert.equal(supervisor.hold(1_000), false, "each connection begins anew");
});
