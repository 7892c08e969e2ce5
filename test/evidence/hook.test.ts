/** The command of --on-crash: real processes, and a clock of the test's own. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { CrashRecord } from "../../src/core/crash.ts";
import { CrashHook } from "../../src/evidence/hook.ts";
import { linesOf } from "../fixtures/system.ts";
import { isAlive, temporaryDirectory, until } from "../fixtures/tree.ts";

const OUTPUT = { lines: ["x"], omitted: 0, complete: true };

function record(id: number, node = "a", more: Partial<CrashRecord> = {}): CrashRecord {
  return {
    id: String(id),
    at: 0,
    node,
    kind: "exit",
    exit: { code: 1 },
    generation: 1,
    next: { kind: "gaveUp" },
    stdout: OUTPUT,
    stderr: OUTPUT,
    config: { name: node },
    ...more,
  };
}

class World {
  now = 0;
  readonly said: string[] = [];
  readonly hook: CrashHook;

  constructor(command: string, { every = 60_000, timeout = 600_000, env = process.env } = {}) {
    this.hook = new CrashHook(
      { command, every, timeout },
      { env, now: () => this.now, say: (text) => this.said.push(text) },
    );
  }
}

test("it runs once in a while for each node, and is told how many it was not run for", async (t) => {
  const file = path.join(temporaryDirectory(t), "told");
  const world = new World(`cat >> ${file}`);
  const told = async (count: number) => {
    await until("the command", () => linesOf(file).length >= count);
    return linesOf(file).map((line) => JSON.parse(line) as CrashRecord & { suppressed?: number });
  };
  world.hook.crashed(record(1, "a", { config: { name: "a", env: { A: "\n'\"$X" } } }));
  assert.deepEqual(
    (await told(1))[0],
    record(1, "a", { config: { name: "a", env: { A: "\n'\"$X" } } }),
  );
  world.hook.crashed(record(2));
  world.hook.crashed(record(3, "a", { unrecorded: 5 }));
  world.hook.crashed(record(4, "b"));
  assert.equal((await told(2))[1]?.id, "4");
  world.now = 60_000;
  world.hook.crashed(record(5));
  assert.deepEqual(
    (await told(3)).map(({ id, suppressed }) => [id, suppressed]),
    [
      ["1", undefined],
      ["4", undefined],
      ["5", 7],
    ],
  );
  assert.deepEqual(world.said, []);
});

test("it is run by the shell, with the crash's id and node, and need not read", async (t) => {
  const file = path.join(temporaryDirectory(t), "told");
  const command = `exec 0<&-; echo "$COPPICE_CRASH of '$COPPICE_CRASH_NODE'" | tr a-z A-Z > ${file}.new && mv ${file}.new ${file}`;
  const world = new World(command);
  // More than a pipe holds.
  const stdout = { ...OUTPUT, lines: Array.from({ length: 200 }, () => "y".repeat(1_000)) };
  world.hook.crashed(record(17, "$(x) `y`", { stdout }));
  assert.deepEqual(await until("it", () => linesOf(file)[0]), "17 OF '$(X) `Y`'");
  assert.deepEqual(world.said, []);
});

test("whatever goes wrong is one line", async () => {
  for (const [command, why] of [
    ["echo one >&2; echo two >&2; exit 5", "it exited with status 5: one"],
    ["kill -KILL $$", /it (was ended by SIGKILL|exited with status 137)/],
    ["exit 1", "it exited with status 1"],
  ] as const) {
    const world = new World(command);
    world.hook.crashed(record(3));
    const [line] = await until("what is said", () => world.said.length > 0 && world.said);
    const begin = "error: the command of --on-crash failed for crash 3 of node 'a': ";
    assert.ok(line?.startsWith(begin), line);
    if (typeof why === "string") assert.equal(line, `${begin}${why}`);
    else assert.match(line ?? "", why);
  }
});

test("no more than a few run at once; the others count as suppressed", async (t) => {
  const directory = temporaryDirectory(t);
  const command = `echo $COPPICE_CRASH > ${directory}/$$; while test -d ${directory} && ! test -e ${directory}/go; do sleep 0.05; done`;
  const world = new World(command, { every: 0 });
  for (let id = 1; id <= 20; id++) world.hook.crashed(record(id));
  await until("as many as may", () => fs.readdirSync(directory).length >= 8);
  assert.equal(fs.readdirSync(directory).length, 8);
  fs.writeFileSync(path.join(directory, "go"), "");
  let id = 100;
  await until("another", () => {
    world.hook.crashed(record(++id));
    return fs.readdirSync(directory).length > 9;
  });
  assert.deepEqual(world.said, []);
});

test("at the tree's end what ends itself in time is left alone; where there is no timeout(1) it is killed", async (t) => {
  const directory = temporaryDirectory(t);
  const search = process.env["PATH"] ?? "";
  for (const hasTool of [true, false]) {
    const file = path.join(directory, `pid-${hasTool}`);
    const env = { ...process.env };
    const world = new World(`echo $$ > ${file}; exec sleep 1000`, { env });
    // The tool is looked for on this process's own path.
    if (!hasTool) process.env["PATH"] = "/nowhere";
    world.hook.crashed(record(1));
    process.env["PATH"] = search;
    const pid = Number(await until("it to run", () => linesOf(file)[0]));
    world.hook.close();
    if (!hasTool) await until("it to be killed", () => /SIGKILL$/.test(world.said[0] ?? ""));
    else {
      assert.ok(isAlive(pid));
      process.kill(pid, "SIGKILL");
      await until("what is said", () => world.said.length > 0);
    }
  }
});
