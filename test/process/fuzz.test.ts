/** Fuzzing from outside, as `npm run fuzz` does it, but not for long: it checks the tree itself. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { atEnd, COMPILE_CACHE, processesOf, temporaryDirectory, until } from "../fixtures/tree.ts";

const FUZZ = path.join(import.meta.dirname, "..", "..", "scripts", "fuzz.ts");
const FRAMES = 2_000;
const DEADLINE_MS = 200_000;

for (const [what, seed] of [
  ["a seed that is always the same", 1],
  ["a seed that is always another", randomInt(2 ** 31)],
] as const) {
  test(`no listener can be made to harm the tree: ${what}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const fuzz = new Fuzz(t, ["--frames", `${FRAMES}`, "--seed", `${seed}`]);
    assert.equal(await fuzz.ended(), "0 null", fuzz.output);
    for (const listener of ["unix", "websocket", "wss", "native", "native-tls"]) {
      const [, frames] = new RegExp(`^${listener} +(\\d+) `, "m").exec(fuzz.output) ?? [];
      assert.ok(Number(frames) >= FRAMES, fuzz.output);
    }
    assert.deepEqual(processesOf(fuzz.directory), []);
  });
}

test("Ctrl-C leaves nothing running", async (t) => {
  const fuzz = new Fuzz(t, ["--listener", "native"]);
  await until("processes", () => processesOf(fuzz.directory).length > 6);
  fuzz.child.kill("SIGINT");
  assert.equal(await fuzz.ended(), "130 null", fuzz.output);
  assert.deepEqual(processesOf(fuzz.directory), []);
});

test("a tree that dies is a failure, with its seed and where it was", async (t) => {
  const fuzz = new Fuzz(t, ["--seed", "7", "--listener", "native"]);
  const supervisor = await until("a tree that is fuzzed", () => fuzz.supervisor());
  process.kill(supervisor, "SIGKILL");
  assert.equal(await fuzz.ended(), "1 null", fuzz.output);
  assert.match(
    fuzz.output,
    /^FAILED: .*seed 7, listener native, frame \d+, scenarios up to \d+: .*the Supervisor has ended$/m,
  );
  await until("all to be gone", () => processesOf(fuzz.directory).length === 0);
});

test("what it cannot make sense of is said, with status 2", async (t) => {
  const fuzz = new Fuzz(t, ["--listener", "telnet"]);
  assert.equal(await fuzz.ended(), "2 null");
  assert.match(fuzz.output, /there is no listener 'telnet'\nusage: npm run fuzz -- /);
});

class Fuzz {
  /** Where it makes its own temporary directory. */
  readonly directory: string;
  readonly child: ChildProcess;
  output = "";
  #how: string | undefined;

  constructor(t: TestContext, args: string[]) {
    this.directory = temporaryDirectory(t);
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", FUZZ, ...args], {
      env: { ...process.env, TMPDIR: this.directory, NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.output += text;
      });
    }
    // Its exit may be known before its last words.
    this.child.once("close", (code, signal) => {
      this.#how = `${code} ${signal}`;
    });
    atEnd(t, async () => {
      this.child.kill("SIGTERM");
      await this.ended();
    });
  }

  /** The Supervisor's pid, once frames are sent. */
  supervisor(): number | undefined {
    const [, pid] = /^fuzzing native of PID (\d+)$/m.exec(this.output) ?? [];
    return pid === undefined ? undefined : Number(pid);
  }

  /** @returns how: exit status and signal */
  ended(): Promise<string> {
    return until(
      "its end",
      () => this.#how,
      () => this.output,
      DEADLINE_MS,
    );
  }
}
