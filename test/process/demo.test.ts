/** The demo, run as `npm run demo` runs it: it checks each of its acts itself. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { atEnd, processesOf, temporaryDirectory, until } from "../fixtures/tree.ts";

const DEMO = path.join(import.meta.dirname, "..", "..", "scripts", "demo.ts");
const DEADLINE_MS = 60_000;

test("a tree grows, is cut twice, grows back twice, and ends in order", async (t) => {
  const demo = new Demo(t);
  assert.equal(await demo.ended(), "0 null", demo.output);
  const acts = [...demo.output.matchAll(/^── (.*) …$/gm)].map(([, title]) => title);
  assert.equal(acts.length, 4);
  assert.match(demo.output, /^ +│ \[supervisor:STDOUT\] \[watcher\] \S+: received \d+ packets\/s/m);
  assert.match(demo.output, /^ +├─ \d+ coppice: watcher$/m);
  assert.match(demo.output, /^All four acts went as they should, in \S+ s\.$/m);
  assert.deepEqual(processesOf(demo.directory), []);
});

test("Ctrl-C leaves nothing running", async (t) => {
  const demo = new Demo(t);
  await demo.prints(/^── 2\./m);
  demo.child.kill("SIGINT");
  assert.equal(await demo.ended(), "130 null", demo.output);
  assert.deepEqual(processesOf(demo.directory), []);
});

test("an act that fails is named, and the exit status tells", async (t) => {
  const demo = new Demo(t);
  const [, pid] = await demo.prints(/^ +(\d+) coppice: supervisor$/m);
  process.kill(Number(pid), "SIGKILL");
  assert.equal(await demo.ended(), "1 null", demo.output);
  const [, failed] =
    /^FAILED: act (\d)\. .*: the Supervisor ended with SIGKILL$/m.exec(demo.output) ?? [];
  const [, begun] = [...demo.output.matchAll(/^── (\d)\. /gm)].at(-1) ?? [];
  assert.equal(failed, begun, demo.output);
  await until("all to be gone", () => processesOf(demo.directory).length === 0);
});

class Demo {
  /** Where the demo makes its own temporary directory. */
  readonly directory: string;
  readonly child: ChildProcess;
  output = "";
  #how: string | undefined;

  constructor(t: TestContext) {
    this.directory = temporaryDirectory(t);
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", DEMO], {
      env: { ...process.env, TMPDIR: this.directory },
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

  prints(pattern: RegExp): Promise<RegExpExecArray> {
    const match = () => pattern.exec(this.output) ?? undefined;
    return until(`${pattern}`, match, () => this.output, DEADLINE_MS);
  }

  /** @returns how: exit status and signal */
  ended(): Promise<string> {
    return until(
      "the demo's end",
      () => this.#how,
      () => this.output,
      DEADLINE_MS,
    );
  }
}
