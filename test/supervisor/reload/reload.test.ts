/** When a Supervisor replaces itself, and when all stays as it was. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ReloadError } from "../../../src/errors.ts";
import type { SupervisorOptions } from "../../../src/supervisor/main.ts";
import { Reload, type ReloadPorts } from "../../../src/supervisor/reload/reload.ts";
import { LINK_VERSION } from "../../../src/wire/stem-messages.ts";

const next = { image: "/image", options: {} as SupervisorOptions };

/** Ports that note what is done, in order. */
function meet(changed: Partial<ReloadPorts> = {}) {
  const done: string[] = [];
  const replaced = Promise.withResolvers<void>();
  const reload: Reload = new Reload({
    rehearse: async () => {
      done.push("rehearse");
      return { nodes: [{ name: "a" }], isComplete: true, link: LINK_VERSION, next };
    },
    present: () => [],
    isEnding: () => false,
    prepare: () => void done.push("prepare"),
    tellScripts: async () => void done.push("tell scripts"),
    hold: () => done.push("hold") > 0,
    drained: async () => void done.push("drained"),
    resume: () => void done.push("resume"),
    close: async () => void done.push("close"),
    leave: () => void done.push("leave"),
    replace: () => {
      done.push("replace");
      replaced.resolve();
    },
    ...changed,
  });
  return { reload, done, replaced: replaced.promise };
}

test("all is tried, held and written out before anything is closed", async () => {
  const { reload, done, replaced } = meet();
  const { changes } = await reload.begin();
  assert.deepEqual(
    changes.map(({ node, action }) => [node, action]),
    [["a", "start"]],
  );
  await replaced;
  assert.deepEqual(done, [
    "rehearse",
    "prepare",
    "tell scripts",
    "hold",
    "drained",
    "close",
    "leave",
    "replace",
  ]);
});

test("what the next image begins with cannot be written: nothing is changed, and it can be tried again", async () => {
  let isFull = true;
  const { reload, done, replaced } = meet({
    prepare: () => {
      if (isFull) throw new ReloadError("No space left on device");
    },
  });
  await assert.rejects(reload.begin(), /No space left on device/);
  assert.deepEqual(done, ["rehearse"]);
  isFull = false;
  await reload.begin();
  await replaced;
});

test("scripts that fail, or a link that the next image does not speak, change nothing", async () => {
  const failing = meet({ rehearse: () => Promise.reject(new ReloadError("no")) });
  await assert.rejects(failing.reload.begin(), ReloadError);
  const other = meet({ rehearse: async () => ({ nodes: [], isComplete: true, link: 99 }) });
  await assert.rejects(other.reload.begin(), /cannot take this tree over/);
  assert.deepEqual([failing.done, other.done], [[], []]);
  // And it may be tried again.
  await assert.rejects(failing.reload.begin(), /no$/);
});

test("without a Stem there is nobody to hold on to anything", async () => {
  const { reload, done } = meet({ hold: () => false });
  await assert.rejects(reload.begin(), /no Stem just now/);
  assert.deepEqual(done, ["rehearse", "prepare", "tell scripts"]);
});

test("output that nobody reads: the Stem goes on, and nothing is replaced", async (t: TestContext) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { reload, done } = meet({ drained: () => new Promise(() => {}) });
  const failed = assert.rejects(reload.begin(), /nobody reads it$/);
  while (!done.includes("hold")) await new Promise((turn) => setImmediate(turn));
  t.mock.timers.tick(5_000);
  await failed;
  assert.deepEqual(done, ["rehearse", "prepare", "tell scripts", "hold", "resume"]);
});

for (const stage of ["drained", "close", "leave"] as const) {
  test(`an order to end that comes at '${stage}' is the last word`, async () => {
    let ending = false;
    const abandon = (): void => {
      done.push(stage);
      ending = true;
      reload.abandon();
    };
    const act = stage === "leave" ? abandon : async () => abandon();
    const { reload, done } = meet({ isEnding: () => ending, [stage]: act });
    await reload.begin().catch((error: Error) => assert.match(error.message, /ending/));
    for (let turn = 0; turn < 5; turn++) await new Promise((soon) => setImmediate(soon));
    assert.ok(!done.includes("replace"), done.join());
    assert.equal(done.filter((what) => what === "resume").length, 1, done.join());
  });
}

test("one at a time; a signal meanwhile has the scripts tried once more", async () => {
  const rehearsals: (() => void)[] = [];
  const { reload, replaced } = meet({
    rehearse: () =>
      new Promise((resolve) => {
        rehearsals.push(() => resolve({ nodes: [], isComplete: true, link: LINK_VERSION, next }));
      }),
  });
  const soon = () => new Promise((turn) => setImmediate(turn));
  const first = reload.signalled();
  await soon();
  await assert.rejects(reload.begin(), /being done already/);
  await reload.signalled();
  await reload.signalled();
  assert.equal(rehearsals.length, 1);
  rehearsals[0]?.();
  await soon();
  assert.equal(rehearsals.length, 2, "the first may have read what has changed since");
  rehearsals[1]?.();
  await first;
  await replaced;
});
