import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { ByteSink } from "../../src/os/pipe-reader.ts";
import { OutputChannel } from "../../src/stem/output.ts";

test("what a process left in its pipe while nobody took output is read before the pipe is given up", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turnEnds: (() => void)[] = [];
  t.mock.method(globalThis, "setImmediate", (act: () => void) => turnEnds.push(act));
  const endTurn = () => {
    for (const act of turnEnds.splice(0)) act();
  };
  const sent: Uint8Array[] = [];
  const socket = {
    on: () => {},
    cork: () => {},
    uncork: () => {},
    write: (bytes: Uint8Array) => sent.push(bytes) > 0,
    writableNeedDrain: false,
  } as unknown as Socket;
  let isDestroyed = false;
  let sink: ByteSink | undefined;
  const channel = new OutputChannel(() => false);
  const open = (to: ByteSink) => {
    sink = to;
    const destroy = () => {
      isDestroyed = true;
    };
    return { pause: () => {}, resume: () => {}, destroy };
  };
  channel.add("node", 7, { stdout: open, stderr: null });
  channel.exited(7);
  // Its group is seen to be gone while the Supervisor is being replaced.
  t.mock.timers.tick(100);
  endTurn();
  t.mock.timers.tick(100);
  // The new one comes in the very turn in which the next look is due: nothing can have been read yet.
  channel.attach(socket);
  endTurn();
  assert.ok(!isDestroyed);
  sink?.data(Buffer.from("its last words\n"));
  assert.match(Buffer.concat(sent).toString("latin1"), /its last words/);
  // Then it is read, and looked at twice: what comes now is not its own.
  for (let look = 0; look < 3; look++) {
    t.mock.timers.tick(100);
    endTurn();
  }
  assert.ok(isDestroyed);
});
