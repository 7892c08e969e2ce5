/**
 * Zeek nodes, executed and by Zeek's own Stem: both ways look the same to everyone else. Each way is
 * one tree in which one test follows the other, every one with nodes of its own.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { describe, type TestContext, test } from "node:test";
import type { NodeConfig, NodeStatus } from "coppice";
import { freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/tree.ts";
import { clusterOf, plantZeek, type ZeekTree } from "../fixtures/zeek/tree.ts";

const MINUTES = { delay: 600_000 };

describe("a Zeek node", { concurrency: 2 }, () => {
  for (const supervised of [false, true])
    test(supervised ? "by Zeek's own Stem" : "executed", async (t) => {
      const zeek = await plantZeek(t, {
        files: {
          "mine.zeek": "",
          "base.zeek": "",
          "user.zeek": "",
          "bar/out": "old\n",
          "foo/out": "old\n",
        },
        env: { CLUSTER_NODE: "stray", ZEEKPATH: "/nowhere", ZEEK_PREFIXES: "odd" },
      });
      await suite(t, zeek, supervised);
    });
});

async function suite(t: TestContext, zeek: ZeekTree, supervised: boolean): Promise<void> {
  const live = (name: string, more: Partial<NodeConfig> = {}): NodeConfig => ({
    name,
    interface: "lo",
    ...more,
    zeek: { supervised, ...more.zeek },
  });
  const doing = (directives: string) => ({ env: { STANDIN_MISBEHAVE: directives } });

  await t.test(
    "gets the command line, environment, layout and directory of its configuration",
    async () => {
      const cluster = clusterOf([await freePort(), await freePort(), await freePort()]);
      await zeek.create({
        name: "worker-1",
        interface: "lo",
        directory: "spool/w1",
        bareMode: true,
        cpuAffinity: 0,
        env: { FOO: "bar" },
        addlBaseScripts: ["base.zeek"],
        addlUserScripts: ["user.zeek"],
        cluster,
        after: [],
        zeek: {
          supervised,
          scripts: ["./mine.zeek"],
          args: ["-s", "a.sig", "Pcap::snaplen=1", "-e", "1;"],
          files: { "helper.zeek": "# helps\n" },
        },
      });
      const status = await zeek.ready("worker-1");
      const record = await zeek.recordOf(status);
      const at = (name: string) => zeek.file(name);
      const generated = at(".coppice/zeek/worker-1");
      const script = `${generated}/coppice-log-queue.zeek`;
      const backend = "frameworks/cluster/backend/zeromq";
      const after = [at("mine.zeek"), at("user.zeek"), "Pcap::snaplen=1", "-e", "1;"];
      assert.deepEqual(
        record.argv,
        supervised
          ? // biome-ignore format: as it stands on a command line
            [zeek.zeek.executable, "-j", "-s", "a.sig", "-U", ".status", backend, script, ...after.filter((word) => word !== at("user.zeek"))]
          : // biome-ignore format: as it stands on a command line
            [zeek.zeek.executable, "-s", "a.sig", "-b", "-i", "lo", "-U", ".status", backend, script, at("base.zeek"), ...after],
      );
      assert.equal(record.supervised, supervised);
      assert.equal(record.cwd, at("spool/w1"));
      assert.equal(record.affinity, "0");
      const { FOO, CLUSTER_NODE, COPPICE_NODE, ZEEKPATH, ZEEK_PREFIXES } = record.env;
      assert.deepEqual([FOO, CLUSTER_NODE, ZEEK_PREFIXES], ["bar", "worker-1", undefined]);
      assert.equal(COPPICE_NODE, at(".coppice/nodes/worker-1.json"));
      const own = zeek.zeek.zeekPath.split(":").slice(1);
      assert.equal(ZEEKPATH, [generated, zeek.tree.directory, ...own].join(":"));
      const scripts = record.order.filter((file) => file.startsWith(zeek.tree.directory));
      const order = [
        ...(supervised ? [] : [`${generated}/cluster-layout.zeek`]),
        ...(supervised ? [at("base.zeek"), script] : [script, at("base.zeek")]),
        ...[at("mine.zeek"), at("user.zeek")],
      ];
      assert.deepEqual(scripts, order);
      assert.deepEqual(Object.keys(record.layout?.nodes ?? {}), Object.keys(cluster));
      assert.equal(record.layout?.managerIsLogger, false);
      assert.equal(zeek.read(".coppice/zeek/worker-1/helper.zeek"), "# helps\n");
      assert.ok(!record.order.some((file) => file.endsWith("init-default.zeek")), "bare mode");
      assert.equal(record.readStdin, false);
      await zeek.puppet.destroy("worker-1");
      assert.ok(!fs.existsSync(generated), "nothing generated is left");
    },
  );

  await t.test(
    "inherits -b and -C of the Supervisor, and nothing that is TypeScript's",
    async (t) => {
      const zeek = await plantZeek(t, { options: ["-j", "-b", "-C"] });
      await zeek.create(live("foo"));
      const { options, order } = await zeek.recordOf(await zeek.ready("foo"));
      assert.deepEqual([options["bareMode"], options["ignoreChecksums"]], [true, true]);
      assert.ok(!order.some((file) => file.endsWith(".mjs")));
    },
  );

  await t.test(
    "18: a CPU that is not there is told in Zeek's words, and the node runs on any",
    async () => {
      await zeek.create(live("pinned", { cpuAffinity: 4000 }));
      await zeek.ready("pinned");
      await zeek.tree.line(
        /\[pinned\] node 'pinned' failed to set CPU affinity: Invalid argument\n/,
        "stderr",
      );
      await zeek.puppet.destroy("pinned");
    },
  );

  await t.test(
    "45: its output comes line by line, on the stream that it is written to",
    async () => {
      await zeek.create(live("says", doing("print out; print-stderr err; print-done bye")));
      // At once, though the node runs on.
      await zeek.tree.line(/^\[supervisor:STDOUT\] \[says\] out$/m);
      await zeek.tree.line(/^\[supervisor:STDERR\] \[says\] err$/m, "stderr");
      await zeek.puppet.destroy("says");
      await zeek.tree.line(/^\[supervisor:STDOUT\] \[says\] bye$/m);
      assert.doesNotMatch(zeek.tree.stdout, /\[says\] \[says\]/);
    },
  );

  await t.test(
    "15, 17: output files are appended to, and truncated only where a creation asks for it",
    async () => {
      const files = {
        stdoutFile: "out",
        stderrFile: "err",
        ...doing("print said; print-stderr wrong"),
      };
      const pasts = { foo: "old\n", bar: "" };
      await zeek.create(live("foo", files));
      await zeek.create(live("bar", { ...files, truncateOutput: true }));
      for (const [name, old] of Object.entries(pasts)) {
        await zeek.ready(name);
        await zeek.puppet.restart(name);
        await until("both lives' output", () => zeek.read(`${name}/out`) === `${old}said\nsaid\n`);
        const wrong = () => zeek.read(`${name}/err`).split("\n");
        const count = (text: string) => wrong().filter((line) => line === text).length;
        // The first one's last word is on its way by itself, and may be overtaken.
        await until(
          "both lives' errors",
          () => count("wrong") === 2 && count("received termination signal") === 1,
        );
        assert.equal(fs.statSync(zeek.file(`${name}/err`)).mode & 0o777, 0o600);
        await zeek.puppet.destroy(name);
      }
      assert.doesNotMatch(zeek.tree.stdout + zeek.tree.stderr, /said|wrong/);
    },
  );

  await t.test(
    "16: a file that cannot be opened, and a directory, are told in Zeek's words",
    async () => {
      await zeek.create(live("lost", { stdoutFile: "no/where", revival: MINUTES }));
      await zeek.tree.line(
        /\[lost\] node 'lost' failed to create stdout file no\/where: No such file or directory\n/,
        "stderr",
      );
      assert.equal((await zeek.puppet.node("lost", () => true)).state, "waiting");
      await zeek.puppet.destroy("lost");
    },
  );

  await t.test(
    "31, 35: it is revived after a kill and after an exit, and both are told with its pid",
    async () => {
      await zeek.create(live("killed", { revival: { delay: 100 } }));
      const first = await zeek.ready("killed");
      process.kill(first.pid!, "SIGKILL");
      const second = await zeek.ready("killed", 2);
      const says = (text: string) => zeek.tree.line(new RegExp(`^error: ${text}$`, "m"), "stderr");
      await says(
        `Supervised node 'killed' \\(PID ${first.pid}\\) terminated prematurely by signal 9`,
      );
      await says(`Supervised node 'killed' \\(PID ${second.pid}\\) revived after premature exit`);
      assert.equal(second.lastExit?.signal, "SIGKILL");
      await zeek.puppet.destroy("killed");
      const quits = { ...doing("once exit 1"), revival: { delay: 100 } };
      const { pid } = await zeek.create(live("quits", quits));
      const again = await zeek.ready("quits", 2);
      await says(`Supervised node 'quits' \\(PID ${pid}\\) exited prematurely with status 1`);
      assert.equal(again.lastExit?.code, 1);
      assert.equal((await zeek.recordOf(again)).pid, again.pid);
      await zeek.puppet.destroy("quits");
    },
  );

  await t.test(
    "it is ready when what it prints says so, or a command that finds what it was given",
    async () => {
      const command = ["sh", "-c", 'test "$ZEEKPATH" && test "$COPPICE_NODE" && test -f .status'];
      const nodes = {
        printed: { line: "^listening on lo$" },
        looked: { command },
        never: { line: "^no such line$" },
      };
      for (const [name, ready] of Object.entries(nodes)) await zeek.create(live(name, { ready }));
      await zeek.ready("printed");
      await zeek.ready("looked");
      await until("it to run", () => zeek.read("never/.status").startsWith("RUNNING"));
      assert.equal((await zeek.puppet.status("never"))["never"]?.ready, false);
      for (const name of Object.keys(nodes)) await zeek.puppet.destroy(name);
    },
  );

  await t.test(
    "a wrapper executes it in its own place; one that is not there is told in one line",
    async () => {
      await zeek.create(live("nice", { zeek: { wrapper: ["nice", "-n", "5"] } }));
      const { pid } = await zeek.ready("nice");
      assert.equal(os.getPriority(pid), 5);
      await zeek.create(live("odd", { zeek: { wrapper: ["no-such-tool"] }, revival: MINUTES }));
      await zeek.tree.line(
        /\[odd\] node 'odd' failed to execute no-such-tool: No such file or directory\n/,
        "stderr",
      );
      for (const name of ["nice", "odd"]) await zeek.puppet.destroy(name);
    },
  );

  await t.test(
    "a life that was killed while RUNNING does not make the next one ready",
    async () => {
      const config = { revival: { delay: 100 }, zeek: { scripts: ["./mine.zeek"] } };
      await zeek.create(live("stuck", config));
      const first = await zeek.ready("stuck");
      fs.writeFileSync(zeek.file("mine.zeek"), "#!stand-in: never-running\n");
      process.kill(first.pid!, "SIGKILL");
      const second = await zeek.puppet.node("stuck", ({ pid = 0 }) => pid > 0 && pid !== first.pid);
      await zeek.recordOf(second);
      const { pid, ready } = (await zeek.puppet.status("stuck"))["stuck"] as NodeStatus;
      assert.deepEqual([pid, ready], [second.pid, false]);
      await zeek.puppet.destroy("stuck");
    },
  );

  if (supervised)
    await t.test(
      "17: a file that takes nothing any more is told once, and the node runs on",
      async () => {
        const full = { stdoutFile: "/dev/full", ...doing("flood 20000") };
        await zeek.create({ name: "full", interface: "lo", ...full, zeek: {} });
        await zeek.ready("full");
        const words = "node 'full' failed to write its stdout file: No space left on device";
        await zeek.tree.line(new RegExp(`\\[full\\] ${words}\n`), "stderr");
        await zeek.puppet.destroy("full");
        assert.equal(zeek.tree.stderr.split(words).length, 2);
      },
    );

  for (const stream of supervised ? (["stdout"] as const) : (["stdout", "stderr"] as const))
    await t.test(`48: of a burst of 100,000 lines on ${stream} none is lost`, async () => {
      const flood = `flood 100000${stream === "stderr" ? " stderr" : ""}`;
      const name = `floods-${stream}`;
      const revival = { when: "failure" } as const;
      await zeek.create(live(name, { ...doing(`${flood}; exit 0`), revival }));
      await zeek.puppet.node(name, ({ state }) => state === "stopped");
      await zeek.tree.line(/flood 100000\n/, stream);
      const lines = zeek.tree[stream].split("\n").filter((line) => line.includes("] flood "));
      const prefix = `[supervisor:${stream.toUpperCase()}] [${name}] flood `;
      assert.equal(lines.join("\n"), numbered(prefix).join("\n"));
      await zeek.puppet.destroy(name);
    });

  await t.test("a file that is rotated takes both of its streams", async () => {
    const does = doing("print out; print-stderr err; print-done bye");
    await zeek.create(live("rotated", { output: { file: "out", maxSize: "1K" }, ...does }));
    await zeek.ready("rotated");
    // Among what a Zeek says of itself.
    const lines = () => zeek.read("rotated/out").split("\n");
    await until("both lines", () => lines().includes("out") && lines().includes("err"));
    await zeek.puppet.destroy("rotated");
    await until("its last line", () => lines().includes("bye"));
    assert.doesNotMatch(`${zeek.tree.stdout}${zeek.tree.stderr}`, /\[rotated\] (out|err|bye)/);
  });

  await t.test(
    "17, 48: of a burst into a file none is lost, though the tree ends meanwhile",
    async () => {
      await zeek.create(live("last", { stdoutFile: "out", ...doing("flood 100000") }));
      await zeek.ready("last");
      assert.deepEqual(await zeek.tree.stop(), { code: 0, signal: null });
      assert.equal(zeek.read("last/out"), `${numbered("flood ").join("\n")}\n`);
    },
  );
}

/** As many lines as a burst has. */
function numbered(prefix: string): string[] {
  return Array.from({ length: 100_000 }, (_, index) => `${prefix}${index + 1}`);
}
