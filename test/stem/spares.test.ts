import assert from "node:assert/strict";
import fs from "node:fs";
import { type TestContext, test } from "node:test";
import type { Exit } from "../../src/core/revival.ts";
import { PipePool } from "../../src/os/pipes.ts";
import type { SpawnEvents } from "../../src/os/spawn.ts";
import { Spares } from "../../src/stem/spares.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

/** Processes that only the test starts and ends, and a time that it makes pass. */
function world(t: TestContext) {
  const processes = new Map<number, SpawnEvents>();
  const inputs = new Map<number, number>();
  const killed: number[] = [];
  let later: (() => void) | undefined;
  let isStarting = true;
  let last = 0;
  const spares = new Spares({
    startProcess: ({ stdin }, events) => {
      if (isStarting) {
        processes.set(++last, events);
        inputs.set(last, fs.openSync(`/proc/self/fd/${stdin}`, "r"));
        events.started(last);
      }
      return { stdout: null, stderr: null, other: () => null };
    },
    pipes: new PipePool(temporaryDirectory(t), "/usr/bin/mkfifo"),
    prefix: [],
    env: {},
    kill: (pid) => killed.push(pid),
    after: (_, act) => {
      later = act;
      return () => {
        later = undefined;
      };
    },
  });
  const pass = () => {
    const act = later;
    later = undefined;
    act?.();
  };
  /** It has ended, which nobody has heard of yet. */
  const end = (pid: number) => {
    const input = inputs.get(pid);
    if (input !== undefined) fs.closeSync(input);
    inputs.delete(pid);
  };
  const exit = (pid: number, how: Exit = { code: 0 }) => {
    end(pid);
    processes.get(pid)?.exited(how);
    processes.delete(pid);
  };
  const cannotStart = () => {
    isStarting = false;
  };
  t.after(() => {
    spares.discard(() => {});
    for (const pid of inputs.keys()) end(pid);
  });
  return { spares, processes, killed, inputs, pass, end, exit, cannotStart };
}

const nobody = { exited: () => {} };

test("spares are there once nothing has been started for a while, and are replaced when used", (t) => {
  const { spares, processes, pass, exit } = world(t);
  assert.equal(spares.take("", nobody), undefined);
  spares.wanted();
  spares.wanted();
  assert.equal(processes.size, 0);
  pass();
  assert.equal(processes.size, 2);
  const exits: Exit[] = [];
  const taken = spares.take("exec true\n", { exited: (how) => exits.push(how) });
  assert.equal(taken?.pid, 1);
  exit(1, { code: 7 });
  assert.deepEqual(exits, [{ code: 7 }]);
  spares.wanted();
  pass();
  assert.deepEqual([...processes.keys()], [2, 3]);
});

test("one that has died unheard becomes nobody's process", (t) => {
  const { spares, pass, end, exit } = world(t);
  spares.wanted();
  pass();
  end(1);
  assert.equal(spares.take("exec true\n", nobody), undefined);
  exit(1);
  assert.equal(spares.take("exec true\n", nobody)?.pid, 2);
});

test("one that could not be told everything is killed before it does a part of it", (t) => {
  const { spares, killed, inputs, pass } = world(t);
  spares.wanted();
  pass();
  // As of somebody who has too many pipes: hardly any room is left.
  const filler = fs.openSync(
    `/proc/self/fd/${inputs.get(1)}`,
    fs.constants.O_WRONLY | fs.constants.O_NONBLOCK,
  );
  fs.writeSync(filler, Buffer.alloc(65_536 - 4_096));
  fs.closeSync(filler);
  assert.equal(spares.take("x".repeat(8_000), nobody), undefined);
  assert.deepEqual(killed, [1]);
});

test("what does not fit into a pipe is not for a spare", (t) => {
  const { spares, pass } = world(t);
  spares.wanted();
  pass();
  assert.equal(spares.take("x".repeat(40_000), nobody), undefined);
  assert.ok(spares.areReady);
});

test("where spares die again and again, or cannot be started, there are none", (t) => {
  const dying = world(t);
  for (let round = 0; round < 3; round++) {
    dying.spares.wanted();
    dying.pass();
    for (const pid of [...dying.processes.keys()]) dying.exit(pid);
  }
  assert.equal(dying.processes.size, 0);
  dying.spares.wanted();
  dying.pass();
  assert.equal(dying.processes.size, 0);
  const poor = world(t);
  poor.cannotStart();
  poor.spares.wanted();
  poor.pass();
  assert.ok(!poor.spares.areReady);
});

test("in the end all are killed: one that somebody has stopped would wait for ever", (t) => {
  const { spares, killed, pass } = world(t);
  spares.wanted();
  pass();
  spares.discard(() => {});
  assert.deepEqual(killed, [1, 2]);
});

test("in the end it is told when the last has gone, and none comes after it", (t) => {
  const { spares, processes, pass, exit } = world(t);
  spares.wanted();
  pass();
  let isGone = false;
  spares.discard(() => {
    isGone = true;
  });
  exit(1);
  assert.ok(!isGone);
  exit(2);
  assert.ok(isGone);
  spares.wanted();
  pass();
  assert.equal(processes.size, 0);
});
