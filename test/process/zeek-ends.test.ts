/** How Zeek nodes end, by themselves and by order, whole and with nothing left, in both ways. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import type { NodeConfig } from "coppice";
import { isAlive, processesOf, titleOf, until } from "../fixtures/tree.ts";
import { plantZeek, type ZeekTree } from "../fixtures/zeek/tree.ts";

const MINUTES = { delay: 600_000 };
/** A Zeek whose Stem hears nothing. */
const MUTE = `#!/bin/sh
[ "$1" = --version ] && exec echo "$0 version 8.2.2"
trap "" TERM
sleep 1000
`;
/** An empty trace. */
const TRACE = Buffer.from("d4c3b2a10200040000000000000000000000040001000000", "hex");

for (const supervised of [false, true]) {
  const way = supervised ? "by Zeek's own Stem" : "executed";
  const live = (name: string, more: Partial<NodeConfig> = {}): NodeConfig => ({
    name,
    interface: "lo",
    ...more,
    zeek: { supervised, ...more.zeek },
  });

  describe(`a Zeek node ${way}`, { concurrency: 2 }, () => {
    test("40, 42: a stop ends all of it, and says so when it is gone", async (t) => {
      const zeek = await plantZeek(t, { env: { STANDIN_MISBEHAVE: "leave-child" } });
      await zeek.create(live("foo"));
      const { pid } = await zeek.ready("foo");
      await until("its child", () => processesOf(zeek.file("foo")).length === 2);
      assert.equal(await zeek.puppet.call(`supervisor.stopNode("foo")`), true);
      assert.deepEqual(zeeksOf(zeek), []);
      assert.deepEqual(processesOf(zeek.file("foo")), []);
      const { state, lastExit } = (await zeek.puppet.status("foo"))["foo"]!;
      assert.deepEqual([state, lastExit?.code, isAlive(pid!)], ["stopped", 0, false]);
      await zeek.tree.line(/\[foo\] received termination signal/, "stderr");
      assert.match(zeek.read("foo/.status"), /^TERMINATED/);
    });

    test("40: one that ignores SIGTERM is killed", async (t) => {
      const zeek = await plantZeek(t, { env: { STANDIN_MISBEHAVE: "ignore-sigterm" } });
      await zeek.create(live("foo", { stop: { interval: 100, attempts: 3 } }));
      const { pid } = await zeek.ready("foo");
      assert.equal(await zeek.puppet.destroy("foo"), true);
      assert.ok(!isAlive(pid!));
      assert.deepEqual(zeeksOf(zeek), []);
    });

    test("28, 30: a restart gives it another pid, and reads its scripts anew", async (t) => {
      const zeek = await plantZeek(t, { files: { "mine.zeek": "" } });
      await zeek.create(live("foo", { zeek: { scripts: ["./mine.zeek"] } }));
      const first = await zeek.ready("foo");
      fs.writeFileSync(zeek.file("mine.zeek"), "#!stand-in: print new\n");
      assert.equal(await zeek.puppet.restart("foo"), true);
      const second = await zeek.ready("foo", 2);
      assert.notEqual(second.pid, first.pid);
      assert.ok(!isAlive(first.pid!));
      await zeek.tree.line(/\[foo\] new\n/);
      const pids = (await zeek.puppet.news("nodeStatus", "foo", 2)).map(({ pid }) => pid);
      assert.deepEqual(pids, [first.pid, second.pid]);
      assert.doesNotMatch(zeek.tree.stderr, /prematurely/);
    });

    test("27, 29: destroyed, restarted and created anew while it starts, it is there once", async (t) => {
      const zeek = await plantZeek(t);
      const config = JSON.stringify(live("foo"));
      const gone = zeek.puppet.call<boolean[]>(
        `(supervisor.create(${config}), supervisor.restart("foo"), Promise.all([supervisor.destroy("foo")]))`,
      );
      assert.deepEqual(await gone, [true]);
      await until("nothing of it", () => zeeksOf(zeek).length === 0);
      await zeek.puppet.call(
        `(supervisor.create(${config}), supervisor.destroy("foo"), supervisor.create(${config}))`,
      );
      const { pid } = await zeek.ready("foo");
      const left = supervised ? 2 : 1;
      await until("one of it", () => zeeksOf(zeek).length === left && isAlive(pid!));
    });

    test("37: stopped while it starts, the tree ends in order", async (t) => {
      const zeek = await plantZeek(t);
      await zeek.puppet.call(`void supervisor.create(${JSON.stringify(live("foo"))})`);
      assert.deepEqual(await zeek.tree.stop(), { code: 0, signal: null });
    });

    test("36: after the Stem of Coppice was killed it comes back, and never twice", async (t) => {
      const zeek = await plantZeek(t, { env: { STANDIN_MISBEHAVE: "slow-exit 300" } });
      await zeek.create(live("foo"));
      const first = await zeek.ready("foo");
      const record = await zeek.recordOf(first);
      for (const pid of [first.pid!, record.group])
        assert.ok(
          fs
            .readFileSync(`/proc/${pid}/environ`, "utf8")
            .includes(`${zeek.file(".coppice/nodes/foo.json")}\0`),
        );
      process.kill(await zeek.tree.stem(), "SIGKILL");
      const second = await zeek.puppet.node(
        "foo",
        ({ pid, ready }) => ready === true && pid !== first.pid,
      );
      assert.ok(!isAlive(first.pid!));
      assert.equal(zeeksOf(zeek).length, supervised ? 2 : 1);
      assert.ok(isAlive(second.pid!));
    });

    test("a worker that has read its trace is done", async (t) => {
      const zeek = await plantZeek(t);
      fs.writeFileSync(zeek.file("a.pcap"), TRACE);
      await zeek.create({
        name: "foo",
        pcapFile: zeek.file("a.pcap"),
        revival: { when: "failure" },
        zeek: { supervised },
      });
      const { lastExit } = await zeek.puppet.node("foo", ({ state }) => state === "stopped");
      assert.equal(lastExit?.code, 0);
      await until("nothing of it", () => zeeksOf(zeek).length === 0);
      assert.doesNotMatch(zeek.tree.stderr, /prematurely/);
      assert.match(zeek.read("foo/conn.log"), /of process/);
    });

    test("a script that is not there is told in Zeek's words", async (t) => {
      const zeek = await plantZeek(t);
      await zeek.create(live("foo", { zeek: { scripts: ["no/such"] }, revival: MINUTES }));
      const words = supervised ? "failed to locate script: no/such" : "can't find no/such";
      await zeek.tree.line(
        new RegExp(`^\\[supervisor:STDERR\\] \\[foo\\] .*${words}$`, "m"),
        "stderr",
      );
      await zeek.puppet.node("foo", ({ state }) => state === "waiting");
      if (supervised)
        await zeek.tree.line(
          /node 'foo' failed to start: Zeek's Stem exited with status 1/,
          "stderr",
        );
      assert.deepEqual(zeeksOf(zeek), []);
    });

    test("35: an error in a script, and a missing interface, are told in Zeek's words", async (t) => {
      const zeek = await plantZeek(t, { files: { "bad.zeek": "#!stand-in: parse-error\n" } });
      await zeek.create(live("foo", { zeek: { scripts: ["./bad.zeek"] }, revival: MINUTES }));
      await zeek.create({ ...live("bar"), interface: "nosuch0", revival: MINUTES });
      await zeek.tree.line(/\[foo\] error in .*\/bad\.zeek, line 1: syntax error/, "stderr");
      await zeek.tree.line(/\[bar\] fatal error: problem with interface nosuch0/, "stderr");
      for (const name of ["foo", "bar"])
        await zeek.tree.line(
          new RegExp(`Supervised node '${name}' \\(PID \\d+\\) exited prematurely with status 1`),
          "stderr",
        );
    });

    test("a missing executable is told in one line", async (t) => {
      const zeek = await plantZeek(t, { zeek: { without: ["zeek"] } });
      const { state } = await zeek.create(live("foo", { revival: MINUTES }));
      await zeek.create(live("bar", { zeek: { executable: "/no/such" }, revival: MINUTES }));
      assert.equal(state, "waiting");
      await zeek.tree.line(
        /^\[supervisor:STDERR\] \[foo\] node 'foo' failed to execute zeek: No such file or directory\n/m,
        "stderr",
      );
      await zeek.tree.line(/\[bar\] node 'bar' failed to execute \/no\/such: No such/, "stderr");
    });

    test("fifty restarts leave no descriptor, pipe or directory behind", async (t) => {
      const zeek = await plantZeek(t);
      await zeek.create(live("foo"));
      await zeek.ready("foo");
      const stem = await zeek.tree.stem();
      // The streams of a life end a moment after it.
      const restart = async () => {
        await zeek.puppet.restart("foo");
        let before = descriptorsOf(stem);
        return until("descriptors to settle", async () => {
          const now = descriptorsOf(stem);
          const isSettled = now === before && zeek.stems().length > 0 === supervised;
          before = now;
          return isSettled ? now : undefined;
        });
      };
      await restart();
      const places = () => fs.readdirSync(pipesOf(zeek, stem)).filter((name) => /\D/.test(name));
      const before = descriptorsOf(stem);
      for (let i = 0; i < 50; i++) await zeek.puppet.restart("foo");
      await until(
        "as many descriptors as before",
        () => descriptorsOf(stem) <= before,
        () => `${descriptorsOf(stem)} instead of ${before}`,
      );
      assert.equal(places().length, supervised ? 1 : 0);
      await zeek.puppet.destroy("foo");
      await until("no place", () => places().length === 0);
      const pipes = fs.readdirSync(pipesOf(zeek, stem)).length;
      assert.ok(pipes <= 512, `${pipes} pipes`);
    });

    test("what it uses is that of all its processes", async (t) => {
      const zeek = await plantZeek(t);
      await zeek.create(live("foo"));
      const { pid } = await zeek.ready("foo");
      const result = fs.readFileSync(`/proc/${pid}/status`, "utf8");
      const own = Number(/^VmRSS:\s+(\d+)/m.exec(result)?.[1]) * 1024;
      const used = await zeek.puppet.call<number>(
        `supervisor.usage("foo").then((all) => all.foo.memory)`,
      );
      assert.ok(used > own * (supervised ? 1.3 : 0.7), `${used} of all, ${own} of the node`);
    });
  });
}

test("a Zeek Stem that is killed alone takes its node with it, and the node is revived", async (t) => {
  const zeek = await plantZeek(t);
  await zeek.create({ name: "foo", interface: "lo", zeek: {}, revival: { delay: 100 } });
  const first = await zeek.ready("foo");
  const { group } = await zeek.recordOf(first);
  assert.notEqual(group, first.pid);
  process.kill(group, "SIGKILL");
  const second = await zeek.ready("foo", 2);
  assert.ok(!isAlive(first.pid!));
  assert.notEqual(second.pid, first.pid);
  assert.equal(zeeksOf(zeek).length, 2);
  await zeek.tree.line(
    new RegExp(`Supervised node 'foo' \\(PID ${first.pid}\\) terminated prematurely by signal 9`),
    "stderr",
  );
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

test("a Zeek that was replaced on disk is asked again at the next start", async (t) => {
  const zeek = await plantZeek(t, { zeek: { version: "6.0.0" } });
  await zeek.create({ name: "foo", interface: "lo", zeek: {} });
  await zeek.ready("foo");
  assert.equal(zeek.stems().length, 0);
  const { installZeek } = await import("../fixtures/zeek/install.ts");
  fs.rmSync(zeek.zeek.prefix, { recursive: true });
  installZeek(zeek.zeek.prefix, { version: "8.2.2" });
  await zeek.puppet.restart("foo");
  await zeek.ready("foo", 2);
  assert.equal(zeek.stems().length, 1);
});

test("what is wrong with a Zeek's configuration is told when it is created", async (t) => {
  const zeek = await plantZeek(t);
  await assert.rejects(
    zeek.create({ name: "foo", zeek: { scripts: ["a=b"] } }),
    /^NodeConfigError: node 'foo': zeek.scripts: 'a=b' contains '='/,
  );
});

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
