/** The example of a cluster: what it counts is right, whoever dies meanwhile. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { before, type TestContext, test } from "node:test";
import type { NodeStatus } from "../../src/index.ts";
import { freePorts } from "../fixtures/ports.ts";
import { unixClient } from "../fixtures/remote.ts";
import { savefile, udpFrame } from "../fixtures/savefile.ts";
import { linesOf, pathWithout } from "../fixtures/system.ts";
import { requireTcpdump } from "../fixtures/tcpdump.ts";
import { atEnd, run, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

const EXAMPLE = path.join(import.meta.dirname, "..", "..", "examples", "cluster-supervisor.ts");
const HEADER = [
  "#separator \\x09",
  "#set_separator\t,",
  "#empty_field\t(empty)",
  "#unset_field\t-",
  "#path\tcounts",
  "#fields\tts\tpackets\tbytes",
  "#types\ttime\tcount\tcount",
];

before(requireTcpdump);

test("a file's packets are counted once, however many workers share them, and the workers are done", async (t) => {
  const frames = [...conversations(), Buffer.alloc(60, 0xff), udpFrame(53, Buffer.alloc(100))];
  const file = path.join(temporaryDirectory(t), "a.pcap");
  fs.writeFileSync(
    file,
    savefile(frames.map((data, n) => ({ seconds: 1_700_000_000 + n, fraction: 0, data }))),
  );
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  const { tree, node, restart } = await cluster(t, ["-r", file], ["workers=3", "dir=deep/er"]);
  for (const name of ["worker-1", "worker-2", "worker-3"]) {
    const { lastExit } = await node(name, ({ state }) => state === "stopped");
    assert.equal(lastExit?.code, 0);
  }
  await until("the total", () => last(tree, "deep/er")?.packets === frames.length);
  assert.deepEqual(last(tree, "deep/er"), { packets: frames.length, bytes });
  await restart("worker-2");
  await node("worker-2", ({ state, generation }) => state === "stopped" && generation === 2);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.deepEqual(last(tree, "deep/er"), { packets: frames.length, bytes }, "nothing twice");
});

test("a cluster that captures", async (t) => {
  const { port, send } = await sender(t);
  const filter = `filter=udp dst port ${port}`;
  const { tree, node, kill, ended } = await cluster(t, ["-i", "lo"], ["workers=2", filter]);
  const workers = ["worker-1", "worker-2"];
  const names = ["logger-1", "manager", "proxy-1"];

  await t.test("each node says what it is, and starts when those before it are ready", async () => {
    const starts: { name: string; since: number }[] = [];
    for (const name of [...names, ...workers]) {
      const { since } = await node(name, ({ ready }) => ready === true);
      starts.push({ name, since });
      const place = tree.file(path.join("cluster-nodes", name));
      await tree.line(
        new RegExp(`\\[${name}\\] I am ${name}, a [A-Z]+, .*; I work in ${place}$`, "m"),
      );
    }
    // What several nodes print has no order.
    const order = starts.sort((a, b) => a.since - b.since).map(({ name }) => name);
    assert.deepEqual(order.slice(0, 3), names);
    assert.deepEqual(order.slice(3).sort(), workers);
  });

  await t.test(
    "no packet is lost or counted twice though manager, logger and proxy are killed",
    async (st) => {
      if (cannotCapture(st)) return;
      // That they are ready does not say that the first manager has seen them come.
      for (const other of ["logger-1", "proxy-1"])
        await tree.line(new RegExp(`\\[manager\\] ${other} is there`));
      for (const name of ["manager", "logger-1", "proxy-1"]) {
        await send(50);
        const { generation } = await kill(name);
        await send(50);
        await node(name, (now) => now.generation > generation && now.ready === true);
        // Two managers have seen the logger and the proxy come before those are killed themselves.
        for (const other of name === "manager" ? ["logger-1", "proxy-1"] : [name])
          await tree.lines(
            new RegExp(`\\[manager\\] ${other} is there`),
            name === "manager" ? 2 : 3,
          );
      }
      await send(7);
      await until(
        "all in the log",
        () => last(tree)?.packets === 307,
        () => tree.report(),
      );
      assert.equal(last(tree)?.bytes, 307 * FRAME_BYTES);
    },
  );

  await t.test(
    "what a killed worker had counted stays counted, though the manager is killed after it",
    async (st) => {
      if (cannotCapture(st)) return;
      await send(20);
      await until("these in the log", () => last(tree)?.packets === 327);
      // One of them has counted these, as they all are of one conversation.
      const anew = async (name: string) => {
        const { generation } = await kill(name);
        await node(name, (now) => now.generation > generation && now.ready === true);
      };
      await Promise.all(workers.map(anew));
      await anew("manager");
      await send(3);
      await until("the others in the log", () => last(tree)?.packets === 330);
    },
  );

  await t.test("each ends before those that it started after", async () => {
    const before = ended.length;
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    const order = await until("all to have ended", () => {
      const last = ended.slice(before);
      return last.length === names.length + workers.length && last;
    });
    assert.deepEqual(order.slice(0, 2).sort(), workers);
    assert.deepEqual(order.slice(2), names.toReversed());
  });

  await t.test("no total in the log is less than one before", () => {
    const lines = linesOf(logOf(tree));
    assert.deepEqual(lines.slice(0, HEADER.length), HEADER);
    const counts = lines.slice(HEADER.length).map((line) => Number(line.split("\t")[1]));
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
  });
});

test("a worker that cannot capture says why and is tried again, and the others go on", async (t) => {
  const env = { PATH: pathWithout(t, "tcpdump") };
  const { tree, node } = await cluster(t, ["-i", "lo"], [], env);
  await tree.lines(/\[worker-1\] error: .*there is no tcpdump here/, 2, "stderr");
  for (const name of ["manager", "logger-1", "proxy-1"]) {
    const { generation } = await node(name, ({ ready }) => ready === true);
    assert.equal(generation, 1);
  }
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("a number that is none is told in one line", async (t) => {
  const tree = run(t, temporaryDirectory(t), ["-j", EXAMPLE, "workers=many"]);
  assert.deepEqual(await tree.end(), { code: 1, signal: null });
  assert.match(tree.stderr, /^error: .*workers=many: must be a whole number from 1 on \(.*\)\n$/);
});

interface Cluster {
  tree: TestTree;
  /** Waits until a node is as wanted. */
  node(name: string, isWanted: (status: NodeStatus) => boolean): Promise<NodeStatus>;
  /** @returns what it was */
  kill(name: string): Promise<NodeStatus>;
  restart(name: string): Promise<boolean>;
  /** The nodes whose processes have ended since then, one for each process, in order. */
  ended: readonly string[];
}

async function cluster(
  t: TestContext,
  options: string[],
  operands: string[],
  env: Record<string, string> = {},
): Promise<Cluster> {
  const port = `port=${await freePorts(3)}`;
  const args = ["-j", ...options, EXAMPLE, port, ...operands];
  const tree = run(t, temporaryDirectory(t), args, env);
  await tree.line(/^the cluster of \d nodes is there$/m);
  const client = await unixClient(t, tree);
  const ended: string[] = [];
  client.watch(({ kind, node = "" }) => {
    if (kind === "exited") ended.push(node);
  });
  const node: Cluster["node"] = (name, isWanted) =>
    until(
      `${name} to be as wanted`,
      async () => {
        const status = (await client.status(name)).nodes[name];
        return status !== undefined && isWanted(status) && status;
      },
      () => tree.report(),
    );
  const kill = async (name: string) => {
    const status = await node(name, ({ pid }) => pid !== undefined);
    process.kill(status.pid!, "SIGKILL");
    return status;
  };
  return { tree, node, kill, ended, restart: (name) => client.restart(name) };
}

/** What sends datagrams to a port that nobody else has; it resolves when the kernel has them. */
async function sender(
  t: TestContext,
): Promise<{ port: number; send: (count: number) => Promise<void> }> {
  const socket = dgram.createSocket("udp4");
  atEnd(t, () => socket.close());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const one = () => new Promise((sent) => socket.send(DATAGRAM, port, "127.0.0.1", sent));
  return {
    port,
    async send(count) {
      for (let n = 0; n < count; n += 1) await one();
    },
  };
}

/** Between many addresses, there and back. */
function conversations(): Uint8Array[] {
  const frames = [];
  for (let n = 0; n < 50; n += 1) {
    for (const [from, to] of [
      [29, 33],
      [33, 29],
    ] as const) {
      const frame = udpFrame(1_000 + n, Buffer.alloc(n));
      frame[from] = n;
      frame[to] = 200;
      frames.push(frame);
    }
  }
  return frames;
}

function logOf(tree: TestTree, directory = "cluster-nodes"): string {
  return tree.file(path.join(directory, "logger-1", "counts.log"));
}

/** What the log's last line tells. */
function last(tree: TestTree, directory?: string): { packets: number; bytes: number } | undefined {
  const line = linesOf(logOf(tree, directory)).at(-1);
  if (line === undefined || line.startsWith("#")) return undefined;
  const [, packets, bytes] = line.split("\t").map(Number);
  return { packets: packets!, bytes: bytes! };
}

function cannotCapture(t: TestContext): boolean {
  if (process.getuid?.() === 0) return false;
  t.skip("capturing is for root");
  return true;
}

const DATAGRAM = "x".repeat(58);
/** With the headers of UDP, IP and Ethernet. */
const FRAME_BYTES = 100;
