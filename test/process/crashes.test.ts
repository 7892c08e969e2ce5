/** What a crash leaves: one tree for all, whose nodes die in many ways, and what is there when it has ended. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { CrashRecord, CrashSummary, NodeConfig } from "../../src/index.ts";
import { coppice, start } from "../cli/process.ts";
import { ASKED, ask, create, statusWhen } from "../fixtures/ask.ts";
import { js, linesOf, sh } from "../fixtures/system.ts";
import { plant, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

const SCRIPT = `import { on, supervisor } from "coppice";
if (supervisor.isSupervisor())
  on("crash", (record) => console.log("crash", record.id, record.node, record.stdout.lines.length));`;
/** Each record, a line, in the order in which the command got them; it fails for one node. */
const HOOK =
  'cat >> hook.jsonl; echo >> hook.done; test "$COPPICE_CRASH_NODE" != fails || { echo oh no >&2; exit 4; }';
const ONCE = { revival: { when: "never" } } as const;

test("what a crash leaves", async (t) => {
  const directory = temporaryDirectory(t);
  const tree = plant(t, SCRIPT, {
    directory,
    options: [...ASKED, "--crash-keep", "30", "--on-crash", HOOK],
  });
  const of = (name: string, count = 1) => crashesOf(tree, name, count);

  await t.test("a node that prints to both streams and dies by code", async () => {
    const script = "seq 1 300; echo bad >&2; printf 'no newline'; exit 3";
    await create(tree, { name: "code", command: sh(script), env: { MARK: "é" }, ...ONCE });
    const [summary] = await of("code");
    const record = await recordOf(tree, summary?.id);
    assert.deepEqual([record.kind, record.exit, record.generation], ["exit", { code: 3 }, 1]);
    assert.deepEqual(record.stdout.lines, [...numbers(102, 300), "no newline"]);
    assert.equal(record.stdout.omitted, numbers(1, 101).join("\n").length + 1);
    assert.deepEqual(record.stderr, { lines: ["bad"], omitted: 0, complete: true });
    assert.deepEqual(record.config.env, { MARK: "é" });
    assert.deepEqual(record.next, { kind: "gaveUp" });
    const { lastExit, pid } = await statusWhen(tree, "code", ({ state }) => state === "stopped");
    assert.deepEqual([record.at, pid], [lastExit?.at, undefined]);
    assert.equal((record.startedAt ?? 0) + (record.lived ?? -1), record.at);
    await tree.line(/^crash \d+ code 200$/m);
  });

  await t.test(
    "one that dies by a signal, and a life before it whose lines are not in it",
    async () => {
      const script =
        "echo life $$; test -e second || { touch second; exit 1; }; kill -SEGV $$; sleep 9";
      await create(tree, { name: "signal", command: sh(script), revival: { delay: 1, limit: 1 } });
      const [first, second] = await Promise.all(
        (await of("signal", 2)).map((one) => recordOf(tree, one.id)),
      );
      assert.deepEqual([first?.exit, second?.exit], [{ code: 1 }, { signal: "SIGSEGV" }]);
      assert.deepEqual(first?.stdout.lines, [`life ${first?.pid}`]);
      assert.deepEqual(second?.stdout.lines, [`life ${second?.pid}`]);
      assert.deepEqual([first?.next.kind, second?.next.kind], ["started", "gaveUp"]);
      assert.equal(first?.next.kind === "started" && first.next.pid, second?.pid);
      // Whether a core is left is the machine's business; which of the two it is has to be told.
      assert.ok(second?.coreFile === undefined ? second?.noCore : fs.existsSync(second.coreFile));
    },
  );

  await t.test("what it has used is told", async () => {
    const code =
      "const b = Buffer.alloc(3e7, 1); while (process.cpuUsage().user < 3e5); process.exit(b.at(5))";
    await create(tree, { name: "busy", command: js(code), ...ONCE });
    const [{ usage } = { usage: undefined }] = await of("busy");
    // In a batch with others nobody can say, but here it dies alone.
    assert.ok(usage?.isFinal && usage.cpu >= 280 && usage.cpu < 60_000, JSON.stringify(usage));
  });

  await t.test("what goes to files is read from their ends, each life's own", async () => {
    fs.writeFileSync(path.join(directory, "out.log"), "of another tree\n");
    const script = "echo life $$; echo err >&2; test -e filed || { touch filed; exit 5; }; exit 6";
    const config: NodeConfig = { name: "filed", command: sh(script), stdoutFile: "out.log" };
    // Its next life is not to write before anybody has seen where this one's words end.
    await create(tree, { ...config, revival: { delay: 2_000, limit: 1 } });
    for (const { id, pid } of await of("filed", 2)) {
      const { stdout, stderr } = await recordOf(tree, id);
      const file = path.join(directory, "out.log");
      assert.deepEqual(stdout, { lines: [`life ${pid}`], omitted: 0, complete: true, file });
      assert.deepEqual(stderr, { lines: ["err"], omitted: 0, complete: true });
    }
  });

  await t.test("a start that failed", async () => {
    await create(tree, { name: "__proto__", command: ["./nowhere"], ...ONCE });
    const [summary] = await of("__proto__");
    const record = await recordOf(tree, summary?.id);
    assert.deepEqual([record.kind, record.exit, record.pid], ["start", {}, undefined]);
    assert.deepEqual(record.stderr.lines, [
      "node '__proto__' failed to execute ./nowhere: No such file or directory",
    ]);
  });

  await t.test("what was asked for leaves nothing", async () => {
    await create(tree, {
      name: "asked",
      command: sh("trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done"),
    });
    await tree.line(/\[asked\] up$/m);
    await ask(tree, 'supervisor.restart("asked")');
    await tree.lines(/\[asked\] up$/m, 2);
    await ask(tree, 'supervisor.destroy("asked")');
    // What came before it is there by now, and so would this be.
    await create(tree, { name: "mark", command: sh("exit 1"), ...ONCE });
    await of("mark");
    assert.deepEqual(await ask(tree, 'supervisor.crashes("asked")'), []);
    assert.equal(await ask(tree, 'supervisor.crash("999").then(String)'), "undefined");
  });

  await t.test("the command gets the record, not more than once a minute for a node", async () => {
    // Without it the crash of another node would come between its own.
    const script =
      "test -e third && exit 0; test -e once && touch third; touch once; echo x; exit 9";
    await create(tree, {
      name: "often",
      command: sh(script),
      revival: { delay: 1, when: "failure" },
    });
    await of("often", 2);
    const told = () =>
      linesOf(path.join(directory, "hook.jsonl")).map((line) => JSON.parse(line) as CrashRecord);
    await create(tree, { name: "fails", command: sh("exit 2"), ...ONCE });
    await tree.line(
      /^error: the command of --on-crash failed for crash \d+ of node 'fails': it exited with status 4: oh no$/m,
      "stderr",
    );
    const often = told().filter(({ node }) => node === "often");
    assert.deepEqual(
      often.map(({ stdout }) => stdout.lines),
      [["x"]],
    );
    const [code] = told().filter(({ node }) => node === "code");
    assert.deepEqual([code?.stdout.lines.length, code?.config.env], [200, { MARK: "é" }]);
  });

  await t.test("at a shell, while it runs", async () => {
    const list = await coppice(t, directory, "crashes code signal");
    assert.equal(list.code, 0, list.stderr);
    const [titles, ...rows] = list.stdout.trimEnd().split("\n");
    assert.match(titles ?? "", /^\s*ID {2}TIME +NODE +HOW/);
    assert.deepEqual(
      rows.map((row) => /(status \d+|signal \w+)/.exec(row)?.[1]),
      ["status 3", "status 1", "signal SIGSEGV"],
    );
    const { crashes } = JSON.parse((await coppice(t, directory, "crashes --json code")).stdout) as {
      crashes: CrashSummary[];
    };
    assert.deepEqual(crashes, await ask(tree, 'supervisor.crashes("code")'));
    const nobody = await coppice(t, directory, "crashes nobody");
    assert.deepEqual([nobody.code, nobody.stdout], [1, ""]);
    assert.match(nobody.stderr, /^error: there is no node 'nobody'/);
    const unknown = await coppice(t, directory, "crashes show 999");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.match(unknown.stderr, /^error: there is no crash '999'.*\n$/);
  });

  const [code] = await of("code");
  const whole = await recordOf(tree, code?.id);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });

  await t.test("it is all there when the tree has ended", async () => {
    const list = await coppice(t, directory, "crashes");
    assert.equal(list.code, 0, list.stderr);
    for (const name of ["code", "signal", "busy", "__proto__", "often"])
      assert.match(list.stdout, new RegExp(`^.* ${name} `, "m"));
    const json = await coppice(t, directory, `crashes show ${code?.id} --json`);
    assert.deepEqual(JSON.parse(json.stdout), whole);
    const text = (await coppice(t, directory, `crashes show ${code?.id}`)).stdout;
    assert.match(text, /^==== stderr: 1 line\nbad$/m);
    const unknown = await coppice(t, directory, "crashes show ../x");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    const places = fs.readdirSync(path.join(directory, ".coppice"));
    assert.ok(places.includes("crashes") && !places.includes("nodes"), String(places));
    const elsewhere = await coppice(t, directory, "crashes --state-dir nowhere");
    assert.equal(elsewhere.code, 69);
  });

  await t.test("the next tree goes on from there, and keeps as many as it is told to", async () => {
    const next = plant(t, "", { directory, options: [...ASKED, "--crash-keep", "2"] });
    await create(next, { name: "new", command: sh("exit 1"), ...ONCE });
    await until("its record", async () => {
      const left = await ask<CrashSummary[]>(next, "supervisor.crashes()");
      return left.length === 2 && left.at(-1)?.node === "new";
    });
    await next.stop();
    assert.equal(fs.readdirSync(path.join(directory, ".coppice", "crashes")).length, 2);
  });
});

test("a command that takes too long is ended, and says so; options that are wrong do, too", async (t) => {
  const directory = temporaryDirectory(t);
  const command = "echo $$ > hook.pid; exec sleep 1000";
  const tree = plant(t, "", {
    directory,
    options: [...ASKED, "--on-crash", command, "--on-crash-timeout", "1"],
  });
  await create(tree, { name: "a", command: sh("exit 1"), ...ONCE });
  await tree.line(/of node 'a': it took more than 1 s, and was ended$/m, "stderr");
  const pid = Number(fs.readFileSync(path.join(directory, "hook.pid"), "utf8"));
  await until("it to be gone", () => !fs.existsSync(`/proc/${pid}`));
  await tree.stop();
  for (const [options, problem] of [
    ["-j --crash-keep many", /--crash-keep is a number up to 10000, not 'many'/],
    ["-j --crash-max-size 5X", /--crash-max-size is a size as 50M, 512K or 1G, not '5X'/],
    ["-j --on-crash-every 5", /--on-crash-every needs --on-crash/],
    ["--crash-keep 5 -e 1", /--crash-keep is for a Supervisor: it needs -j/],
  ] as const) {
    const ended = await start(t, directory, options.split(" ")).end();
    assert.deepEqual([ended.code, ended.stdout], [2, ""]);
    assert.match(ended.stderr, problem);
  }
});

/** The crashes of a node, once there are so many of them whose next is known. */
async function crashesOf(tree: TestTree, name: string, count: number): Promise<CrashSummary[]> {
  let found: CrashSummary[] = [];
  return until(
    `${count} records of '${name}'`,
    async () => {
      found = await ask<CrashSummary[]>(tree, `supervisor.crashes(${JSON.stringify(name)})`);
      return found.length >= count && found.every(({ next }) => next.kind !== "waits") && found;
    },
    () => `${JSON.stringify(found)}\n${tree.report()}`,
  );
}

async function recordOf(tree: TestTree, id: string | undefined): Promise<CrashRecord> {
  return ask<CrashRecord>(tree, `supervisor.crash(${JSON.stringify(id)})`);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);
}
