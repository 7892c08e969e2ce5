/** The news of a Stem's death may come before the last that it said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "../../src/core/revival.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { FromStem } from "../../src/wire/stem-messages.ts";
import { VirtualClock } from "./clock.ts";

test("7: the late word of a Stem that has gone does not speak for the next", async () => {
  const { supervisor, deaths } = supervised();
  let isStarted = false;
  const taken = supervisor.takeOver();
  deaths[0]?.({ signal: "SIGKILL" });
  assert.equal(await taken, false);
  void supervisor.start().then(() => {
    isStarted = true;
  });
  supervisor.receive(SYNCED);
  await undefined;
  assert.ok(!isStarted, "the next has not connected");
  supervisor.connected();
  supervisor.receive(SYNCED);
  await undefined;
  assert.ok(isStarted);
});

test("36: what a Stem said before it died is heard before another is started", () => {
  const { supervisor, deaths, started, clock } = supervised();
  void supervisor.start();
  supervisor.connected();
  supervisor.receive(SYNCED);
  void supervisor.create({ name: "a" });
  while (clock.step(5_000));
  deaths[0]?.({ signal: "SIGKILL" });
  assert.equal(deaths.length, 1, "no other Stem yet");
  supervisor.receive({
    type: "report",
    report: { id: 1, name: "a", state: "running", generation: 1, since: 0, pid: 101 },
    news: { kind: "started", revived: false },
  });
  assert.deepEqual(started, [["a", 101]]);
  supervisor.disconnected();
  assert.equal(deaths.length, 2, "now there is one");
  assert.equal(supervisor.status("a").nodes["a"]?.pid, undefined);
});

const SYNCED: Extract<FromStem, { type: "synced" }> = {
  type: "synced",
  ending: [],
  last: { id: 0, request: 0 },
};

function supervised() {
  const clock = new VirtualClock();
  const deaths: ((exit: Exit) => void)[] = [];
  const started: [string, number][] = [];
  const begin = (exited: (exit: Exit) => void) => {
    deaths.push(exited);
    return { pid: deaths.length, signal: () => {} };
  };
  const supervisor = new Supervisor({
    clock,
    soon: (act) => act(),
    startStem: begin,
    takeOverStem: begin,
    kept: () => {},
    accept: (config) => config as { name: string },
    strays: () => [],
    send: () => {},
    say: () => {},
    stemSays: () => {},
    nodeStatus: (node, pid) => void started.push([node, pid]),
    nodeExit: () => {},
    missedExit: () => {},
    happened: () => {},
  });
  return { supervisor, deaths, started, clock };
}
