/** Fuzzing from outside, as `npm run fuzz` does it, but not for long: it checks the tree itself. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { type TestContext, test } from "node:test";
import { ProjectScript } from "../fixtures/project-script.ts";
import { COMPILE_CACHE, processesOf, until } from "../fixtures/tree.ts";

const FRAMES = 2_000;

for (const [what, seed] of [
  ["a seed that is always the same", 1],
  ["a seed that is always another", randomInt(2 ** 31)],
] as const) {
  test(`no listener can be made to harm the tree: ${what}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const fuzz = fuzzing(t, "--frames", `${FRAMES}`, "--seed", `${seed}`);
    assert.equal(await fuzz.ended(), "0 null", fuzz.output);
    for (const listener of ["unix", "websocket", "wss", "native", "native-tls"]) {
      const [, frames] = new RegExp(`^${listener} +(\\d+) `, "m").exec(fuzz.output) ?? [];
      assert.ok(Number(frames) >= FRAMES, fuzz.output);
    }
    assert.deepEqual(processesOf(fuzz.directory), []);
  });
}

test("Ctrl-C leaves nothing running", async (t) => {
  const fuzz = fuzzing(t, "--listener", "native");
  await until("processes", () => processesOf(fuzz.directory).length > 6);
  fuzz.child.kill("SIGINT");
  assert.equal(await fuzz.ended(), "130 null", fuzz.output);
  assert.deepEqual(processesOf(fuzz.directory), []);
});

test("a tree that dies is a failure, with its seed and where it was", async (t) => {
  const fuzz = fuzzing(t, "--seed", "7", "--listener", "native");
  // Once frames are sent.
  const [, supervisor] = await fuzz.prints(/^fuzzing native of PID (\d+)$/m);
  process.kill(Number(supervisor), "SIGKILL");
  assert.equal(await fuzz.ended(), "1 null", fuzz.output);
  assert.match(
    fuzz.output,
    /^FAILED: .*seed 7, listener native, frame \d+, scenarios up to \d+: .*the Supervisor has ended$/m,
  );
  await until("all to be gone", () => processesOf(fuzz.directory).length === 0);
});

test("what it cannot make sense of is said, with status 2", async (t) => {
  const fuzz = fuzzing(t, "--listener", "telnet");
  assert.equal(await fuzz.ended(), "2 null");
  assert.match(fuzz.output, /there is no listener 'telnet'\nusage: npm run fuzz -- /);
});

function fuzzing(t: TestContext, ...args: string[]): ProjectScript {
  const env = { NODE_COMPILE_CACHE: COMPILE_CACHE };
  return new ProjectScript(t, "fuzz.ts", { args, env, deadline: 200_000 });
}
