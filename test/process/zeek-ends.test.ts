/**
 * How Zeek nodes end, by themselves and by order, whole and with nothing left, in both ways. Each
 * way is one tree in which one test follows the other, every one with nodes of its own.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { NodeConfig } from "coppice";
import { environOf } from "../fixtures/system.ts";
import { isAlive, processesOf, titleOf, until } from "../fixtures/tree.ts";
import { installZeek } from "../fixtures/zeek/install.ts";
import { plantZeek, type ZeekTree } from "../fixtures/zeek/tree.ts";

const MINUTES = { delay: 600_000 };
/** A Zeek whose Stem hears nothing. */
const MUTE = `#!/bin/sh
[ "$1" = --version ] && exec echo "$0 version 8.2.2"
trap "" TERM
sleep 1000
`;
/** Enough for whatever each of them leaves to stand out. */
const RESTARTS = 6;
/** A Zeek that starts at once, and does nothing. */
const QUICK = `#!/bin/sh
[ "$1" = --version ] && exec echo "$0 version 8.2.2"
exec sleep 1000
`;
const FILES = {
  "mine.zeek": "",
  "bad.zeek": "#!stand-in: parse-error\n",
  "bin/quick": QUICK,
};
/** An empty trace. */
const TRACE = Buffer.from("d4c3b2a10200040000000000000000000000040001000000", "hex");

describe("a Zeek node", { concurrency: 3 }, () => {
  test("executed", async (t) => {
    const zeek = await plantZeek(t, { files: FILES });
    await endsOf(t, zeek, false);
    await t.test("the pipes of one life serve the next", async () => {
      fs.chmodSync(zeek.file("bin/quick"), 0o755);
      const own = { supervised: false, executable: "bin/quick" };
      await zeek.create({ name: "quick", zeek: own, revival: MINUTES });
      const pipes = () => fs.readdirSync(pipesOf(zeek, stem)).length;
      const stem = await zeek.tree.stem();
      const before = pipes();
      // Two pipes each: more than there can be at first.
      for (let i = 0; i < before; i++) await zeek.puppet.restart("quick");
      assert.equal(pipes(), before);
      await zeek.puppet.destroy("quick");
    });
    await endOfTree(t, zeek, false);
  });

  test("by Zeek's own Stem", async (t) => {
    const zeek = await plantZeek(t, { files: FILES });
    await endsOf(t, zeek, true);
    await endsOfStem(t, zeek);
    await endOfTree(t, zeek, true);
  });

  test("a Zeek that does not answer is a failed start, and one that is not right too", async (t) => {
    const zeek = await plantZeek(t, {
      files: {
        "bin/hang": "#!/bin/sh\nsleep 100\n",
        "bin/odd": "#!/bin/sh\necho hello\n",
        "bin/mute": MUTE,
      },
    });
    for (const name of ["hang", "odd", "mute"]) fs.chmodSync(zeek.file(`bin/${name}`), 0o755);
    const create = (name: string) =>
      zeek.create({ name, revival: MINUTES, zeek: { executable: `bin/${name}` } });
    await Promise.all([create("hang"), create("odd"), create("mute")]);
    await zeek.tree.line(
      /\[hang\] node 'hang' failed to start: \S+\/hang --version did not answer within 9 seconds\n/,
      "stderr",
    );
    await zeek.tree.line(
      /\[odd\] node 'odd' failed to start: \S+\/odd --version tells no version: hello\n/,
      "stderr",
    );
    await zeek.tree.line(
      /\[mute\] node 'mute' failed to start: Zeek's Stem started no node within 10 seconds\n/,
      "stderr",
    );
    await until("nothing of them", () => processesOf(zeek.tree.directory).length === 2);
  });
});

async function endsOf(t: TestContext, zeek: ZeekTree, supervised: boolean): Promise<void> {
  const live = liveOf(supervised);

  await t.test("40, 42: a stop ends all of it, and says so when it is gone", async () => {
    await zeek.create(live("told", doing("leave-child")));
    const { pid } = await zeek.ready("told");
    await until("its child", () => processesOf(zeek.file("told")).length === 2);
    assert.equal(await zeek.puppet.call(`supervisor.stopNode("told")`), true);
    assert.deepEqual(zeeksOf(zeek), []);
    assert.deepEqual(processesOf(zeek.file("told")), []);
    const { state, lastExit } = (await zeek.puppet.status("told"))["told"]!;
    assert.deepEqual([state, lastExit?.code, isAlive(pid!)], ["stopped", 0, false]);
    await zeek.tree.line(/\[told\] received termination signal/, "stderr");
    assert.match(zeek.read("told/.status"), /^TERMINATED/);
    await zeek.puppet.destroy("told");
  });

  await t.test("40: one that ignores SIGTERM is killed", async () => {
    await zeek.create(
      live("stubborn", { ...doing("ignore-sigterm"), stop: { interval: 100, attempts: 3 } }),
    );
    const { pid } = await zeek.ready("stubborn");
    assert.equal(await zeek.puppet.destroy("stubborn"), true);
    assert.ok(!isAlive(pid!));
    assert.deepEqual(zeeksOf(zeek), []);
  });

  await t.test("28, 30: a restart gives it another pid, and reads its scripts anew", async () => {
    await zeek.create(live("again", { zeek: { scripts: ["./mine.zeek"] } }));
    const first = await zeek.ready("again");
    fs.writeFileSync(zeek.file("mine.zeek"), "#!stand-in: print new\n");
    assert.equal(await zeek.puppet.restart("again"), true);
    const second = await zeek.ready("again", 2);
    assert.notEqual(second.pid, first.pid);
    assert.ok(!isAlive(first.pid!));
    await zeek.tree.line(/\[again\] new\n/);
    const pids = (await zeek.puppet.news("nodeStatus", "again", 2)).map(({ pid }) => pid);
    assert.deepEqual(pids, [first.pid, second.pid]);
    assert.doesNotMatch(zeek.tree.stderr, /'again' .*prematurely/);
    await zeek.puppet.destroy("again");
  });

  await t.test(
    "27, 29: destroyed, restarted and created anew while it starts, it is there once",
    async () => {
      const config = JSON.stringify(live("hasty"));
      const gone = zeek.puppet.call<boolean[]>(
        `(supervisor.create(${config}), supervisor.restart("hasty"), Promise.all([supervisor.destroy("hasty")]))`,
      );
      assert.deepEqual(await gone, [true]);
      await until("nothing of it", () => zeeksOf(zeek).length === 0);
      await zeek.puppet.call(
        `(supervisor.create(${config}), supervisor.destroy("hasty"), supervisor.create(${config}))`,
      );
      const { pid } = await zeek.ready("hasty");
      const left = supervised ? 2 : 1;
      await until("one of it", () => zeeksOf(zeek).length === left && isAlive(pid!));
      await zeek.puppet.destroy("hasty");
    },
  );

  await t.test("a worker that has read its trace is done", async () => {
    fs.writeFileSync(zeek.file("a.pcap"), TRACE);
    await zeek.create({
      name: "trace",
      pcapFile: zeek.file("a.pcap"),
      revival: { when: "failure" },
      zeek: { supervised },
    });
    const { lastExit } = await zeek.puppet.node("trace", ({ state }) => state === "stopped");
    assert.equal(lastExit?.code, 0);
    await until("nothing of it", () => zeeksOf(zeek).length === 0);
    assert.doesNotMatch(zeek.tree.stderr, /'trace' .*prematurely/);
    assert.match(zeek.read("trace/conn.log"), /of process/);
    await zeek.puppet.destroy("trace");
  });

  await t.test("a script that is not there is told in Zeek's words", async () => {
    await zeek.create(live("scriptless", { zeek: { scripts: ["no/such"] }, revival: MINUTES }));
    const words = supervised ? "failed to locate script: no/such" : "can't find no/such";
    await zeek.tree.line(
      new RegExp(`^\\[supervisor:STDERR\\] \\[scriptless\\] .*${words}$`, "m"),
      "stderr",
    );
    await zeek.puppet.node("scriptless", ({ state }) => state === "waiting");
    if (supervised)
      await zeek.tree.line(
        /node 'scriptless' failed to start: Zeek's Stem exited with status 1/,
        "stderr",
      );
    assert.deepEqual(zeeksOf(zeek), []);
    await zeek.puppet.destroy("scriptless");
  });

  await t.test(
    "35: an error in a script, and a missing interface, are told in Zeek's words",
    async () => {
      await zeek.create(live("bad", { zeek: { scripts: ["./bad.zeek"] }, revival: MINUTES }));
      await zeek.create({ ...live("deaf"), interface: "nosuch0", revival: MINUTES });
      await zeek.tree.line(/\[bad\] error in .*\/bad\.zeek, line 1: syntax error/, "stderr");
      await zeek.tree.line(/\[deaf\] fatal error: problem with interface nosuch0/, "stderr");
      for (const name of ["bad", "deaf"])
        await zeek.tree.line(
          new RegExp(`Supervised node '${name}' \\(PID \\d+\\) exited prematurely with status 1`),
          "stderr",
        );
      for (const name of ["bad", "deaf"]) await zeek.puppet.destroy(name);
    },
  );

  await t.test("a missing executable is told in one line", async () => {
    const env = { PATH: zeek.file("nowhere") };
    const { state } = await zeek.create(live("missing", { env, revival: MINUTES }));
    await zeek.create(live("misnamed", { zeek: { executable: "/no/such" }, revival: MINUTES }));
    assert.equal(state, "waiting");
    await zeek.tree.line(
      /^\[supervisor:STDERR\] \[missing\] node 'missing' failed to execute zeek: No such file or directory\n/m,
      "stderr",
    );
    await zeek.tree.line(
      /\[misnamed\] node 'misnamed' failed to execute \/no\/such: No such/,
      "stderr",
    );
    for (const name of ["missing", "misnamed"]) await zeek.puppet.destroy(name);
  });

  await t.test("restarts leave no descriptor or directory behind", async () => {
    // Where Zeek's own Stem is not needed, anything does that starts.
    fs.chmodSync(zeek.file("bin/quick"), 0o755);
    const zeekOfIt = supervised ? {} : { zeek: { executable: "bin/quick" } };
    const started = (generation: number) =>
      supervised
        ? zeek.ready("often", generation)
        : zeek.puppet.node("often", (n) => n.state === "running" && n.generation >= generation);
    await zeek.create(live("often", zeekOfIt));
    await started(1);
    const stem = await zeek.tree.stem();
    const places = () => fs.readdirSync(pipesOf(zeek, stem)).filter((name) => /\D/.test(name));
    const isThere = () => places().length === (supervised ? 1 : 0);
    await zeek.puppet.restart("often");
    await started(2);
    await until("one place at most", isThere);
    const before = descriptorsOf(stem);
    for (let i = 0; i < RESTARTS; i++) await zeek.puppet.restart("often");
    await started(2 + RESTARTS);
    // The streams of a life end a moment after it: both times there may be some of those.
    await until(
      "about as many descriptors as before",
      () => descriptorsOf(stem) < before + RESTARTS / 2,
      () => `${descriptorsOf(stem)} instead of ${before}`,
    );
    await until("one place at most", isThere);
    await zeek.puppet.destroy("often");
    await until("no place", () => places().length === 0);
  });

  await t.test("what it uses is that of all its processes", async () => {
    await zeek.create(live("used"));
    const { pid } = await zeek.ready("used");
    let told = "";
    // Between two looks the system may take memory away, or give some.
    await until(
      "the memory of all",
      async () => {
        const used = await zeek.puppet.call<number>(
          `supervisor.usage("used").then((all) => all.used.memory)`,
        );
        const result = fs.readFileSync(`/proc/${pid}/status`, "utf8");
        const own = Number(/^VmRSS:\s+(\d+)/m.exec(result)?.[1]) * 1024;
        told = `${used} of all, ${own} of the node`;
        return used > own * (supervised ? 1.3 : 0.7);
      },
      () => told,
    );
    await zeek.puppet.destroy("used");
  });
}

/** What only a Zeek's own Stem can do, and what is the same each way. */
async function endsOfStem(t: TestContext, zeek: ZeekTree): Promise<void> {
  await t.test(
    "a Zeek Stem that is killed alone takes its node with it, and the node is revived",
    async () => {
      await zeek.create({ name: "orphan", interface: "lo", zeek: {}, revival: { delay: 100 } });
      const first = await zeek.ready("orphan");
      const { group } = await zeek.recordOf(first);
      assert.notEqual(group, first.pid);
      process.kill(group, "SIGKILL");
      const second = await zeek.ready("orphan", 2);
      assert.ok(!isAlive(first.pid!));
      assert.notEqual(second.pid, first.pid);
      assert.equal(zeeksOf(zeek).length, 2);
      const words = `Supervised node 'orphan' \\(PID ${first.pid}\\) terminated prematurely by signal 9`;
      await zeek.tree.line(new RegExp(words), "stderr");
      await zeek.puppet.destroy("orphan");
    },
  );

  await t.test("a Zeek that was replaced on disk is asked again at the next start", async () => {
    const stems = zeek.stems().length;
    const prefix = zeek.file("another");
    const { executable } = installZeek(prefix, { version: "6.0.0" });
    await zeek.create({ name: "old", interface: "lo", zeek: { executable } });
    await zeek.ready("old");
    assert.equal(zeek.stems().length, stems);
    fs.rmSync(prefix, { recursive: true });
    installZeek(prefix, { version: "8.2.2" });
    await zeek.puppet.restart("old");
    await zeek.ready("old", 2);
    assert.equal(zeek.stems().length, stems + 1);
    await zeek.puppet.destroy("old");
  });

  await t.test("what is wrong with a Zeek's configuration is told when it is created", async () => {
    await assert.rejects(
      zeek.create({ name: "wrong", zeek: { scripts: ["a=b"] } }),
      /^NodeConfigError: node 'wrong': zeek.scripts: 'a=b' contains '='/,
    );
  });
}

/** What no later test in the same tree would get over. */
async function endOfTree(t: TestContext, zeek: ZeekTree, supervised: boolean): Promise<void> {
  const live = liveOf(supervised);

  await t.test(
    "36: after the Stem of Coppice was killed it comes back, and never twice",
    async () => {
      await zeek.create(live("revived", doing("slow-exit 300")));
      const first = await zeek.ready("revived");
      const record = await zeek.recordOf(first);
      for (const pid of [first.pid!, record.group])
        assert.ok(
          (await environOf(pid)).some((entry) =>
            entry.endsWith(`${zeek.file(".coppice/nodes/revived.json")}`),
          ),
        );
      process.kill(await zeek.tree.stem(), "SIGKILL");
      const second = await zeek.puppet.node(
        "revived",
        ({ pid, ready }) => ready === true && pid !== first.pid,
      );
      assert.ok(!isAlive(first.pid!));
      assert.equal(zeeksOf(zeek).length, supervised ? 2 : 1);
      assert.ok(isAlive(second.pid!));
    },
  );

  await t.test("37: stopped while it starts, the tree ends in order", async () => {
    await zeek.puppet.call(`void supervisor.create(${JSON.stringify(live("early"))})`);
    assert.deepEqual(await zeek.tree.stop(), { code: 0, signal: null });
  });
}

function liveOf(supervised: boolean) {
  return (name: string, more: Partial<NodeConfig> = {}): NodeConfig => ({
    name,
    interface: "lo",
    ...more,
    zeek: { supervised, ...more.zeek },
  });
}

function doing(directives: string) {
  return { env: { STANDIN_MISBEHAVE: directives } };
}

/** Processes of installed programs, a Zeek Stem and its node alike. */
function zeeksOf(zeek: ZeekTree): string[] {
  return processesOf(zeek.tree.directory)
    .map(titleOf)
    .filter((title) => title.includes(zeek.zeek.executable));
}

function descriptorsOf(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

function pipesOf(zeek: ZeekTree, stem: number): string {
  return path.join(fs.realpathSync(zeek.file(".coppice/pipes")), String(stem));
}
