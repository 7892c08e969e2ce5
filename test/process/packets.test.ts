/** Packets in real processes: nodes and plain ones, live and from files, and what ends them. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import fs from "node:fs";
import path from "node:path";
import { before, type TestContext, test } from "node:test";
import { savefile, udpFrame } from "../fixtures/savefile.ts";
import { pathWithout } from "../fixtures/system.ts";
import { requireTcpdump } from "../fixtures/tcpdump.ts";
import {
  childrenOf,
  isAlive,
  plant,
  run,
  type TestTree,
  temporaryDirectory,
  titleOf,
  until,
} from "../fixtures/tree.ts";

/** Prints every packet, then how it ended. */
const READ = `
  import { args, on, packets, supervisor } from "coppice";
  on("init", async () => {
    if (supervisor.isSupervisor()) return;
    let count = 0;
    for await (const { time, data, length, linkType } of packets()) {
      count += 1;
      console.log("packet", time, data.length, length, linkType);
    }
    console.log("read", count, "checksums ignored:", args.ignoreChecksums);
  });`;

/** Says when it listens, and then of each datagram what is in it. */
const LISTEN = `
  import { args, on, packets, supervisor } from "coppice";
  on("init", async () => {
    if (supervisor.isSupervisor()) return;
    const source = packets({ filter: "udp dst port " + args.defines.port });
    const reading = read();
    if (args.defines.patient) on("done", () => reading);
    await source.counts();
    console.log("listening");
    await reading;
    console.log("counts", JSON.stringify(await source.counts()));

    async function read() {
      for await (const { time, data, linkType } of source) {
        const text = Buffer.from(data.subarray(42)).toString();
        console.log("got", text, linkType, Math.abs(Date.now() - time) < 60_000);
        if (text === "last") break;
      }
      console.log("left the loop");
    }
  });`;

before(requireTcpdump);

test("-r: a plain process reads a file's packets, and -C is known to it", async (t) => {
  const tree = plant(t, READ, {
    script: "plain.ts",
    options: ["-C", "-r", capture(t)],
  });
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.equal(
    tree.stdout,
    "packet 1700000001000.5 47 47 1\npacket 1700000002000.5 47 47 1\nread 2 checksums ignored: true\n",
  );
});

test("a script node reads its pcapFile, and knows of -C what the Supervisor was given", async (t) => {
  const tree = plant(t, supervised(READ, { pcapFile: capture(t) }), { options: ["-j", "-C"] });
  await tree.line(/\[foo\] read 2 checksums ignored: true$/m);
  assert.match(tree.stdout, /\[foo\] packet 1700000001000.5 47 47 1$/m);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("-r -: stdin is refused in one line", async (t) => {
  const tree = plant(t, READ, { script: "plain.ts", options: ["-r", "-"] });
  assert.equal((await tree.end()).code, 1);
  assert.match(tree.stderr, /PacketError: cannot read packets from stdin: name a file as pcapFile/);
});

test("with neither -i nor -r packets() says what is missing", async (t) => {
  const tree = plant(t, READ, { script: "plain.ts", options: [] });
  assert.equal((await tree.end()).code, 1);
  assert.match(tree.stderr, /PacketError: there is nothing to read packets from/);
});

test("without tcpdump on the search path a script is told what to install", async (t) => {
  const tree = plant(t, READ, {
    script: "plain.ts",
    options: ["-i", "lo"],
    env: { PATH: pathWithout(t, "tcpdump") },
  });
  assert.equal((await tree.end()).code, 1);
  assert.match(tree.stderr, /there is no tcpdump here \(Debian: apt-get install tcpdump\)/);
});

test("without the right to capture a script is told which right that is", async (t) => {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "plain.ts"), READ);
  const tree = run(t, directory, ["-i", "lo", "plain.ts"], {}, { node: withoutRight(directory) });
  assert.equal((await tree.end()).code, 1);
  assert.match(
    tree.stderr,
    /cannot read packets from lo: the right to capture is missing \(CAP_NET_RAW\): run Coppice as root, or give it to tcpdump alone \(setcap cap_net_raw\+ep \/\S+\/tcpdump\)/,
  );
});

test("-i: a plain process captures live, at once, and counts what libpcap counts", async (t) => {
  if (cannotCapture(t)) return;
  const { port, send } = await privatePort(t);
  const tree = plant(t, LISTEN, {
    script: "plain.ts",
    options: ["-i", "lo"],
    operands: [`port=${port}`],
  });
  await tree.line(/^listening$/m);
  send("first");
  await tree.line(/^got first 1 true$/m);
  send("last");
  const [, text = ""] = await tree.line(/^counts (.*)$/m);
  const counts = JSON.parse(text);
  assert.equal(counts.captured, 2);
  assert.ok(counts.received >= 2, text);
  assert.deepEqual([counts.droppedByKernel, counts.droppedByInterface], [0, 0]);
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
});

test("a script node captures on its interface; killed, it leaves no tcpdump", async (t) => {
  if (cannotCapture(t)) return;
  const { port, send } = await privatePort(t);
  const config = { interface: "lo", revival: { when: "never" } };
  const tree = plant(t, supervised(LISTEN, config), { operands: [`port=${port}`] });
  await tree.line(/\[foo\] listening$/m);
  send("first");
  await tree.line(/\[foo\] got first 1 true$/m);
  const stem = await tree.stem();
  const node = await until("the node", () =>
    childrenOf(stem).find((pid) => titleOf(pid) === "coppice: foo"),
  );
  const pid = await tcpdumpOf(node);
  process.kill(node, "SIGKILL");
  await until("tcpdump to be gone", () => !isAlive(pid));
});

test("a plain process that is killed leaves no tcpdump, though no packet ever comes", async (t) => {
  if (cannotCapture(t)) return;
  const tree = await listening(t);
  const pid = await tcpdumpOf(tree.pid);
  tree.child.kill("SIGKILL");
  await until("tcpdump to be gone", () => !isAlive(pid));
});

test("SIGTERM ends the loop of a live capture and the process, in order", async (t) => {
  if (cannotCapture(t)) return;
  const tree = await listening(t);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.match(tree.stdout, /^left the loop$/m);
  assert.equal(tree.stderr, "received termination signal\n");
});

test("a terminal's Ctrl-C, which goes to tcpdump too, is no failure of the capture", async (t) => {
  if (cannotCapture(t)) return;
  // What is closed when the process ends is closed after `done`: here, tcpdump ends before.
  const tree = await listening(t, ["patient=yes"]);
  const pid = await tcpdumpOf(tree.pid);
  tree.child.kill("SIGINT");
  process.kill(pid, "SIGINT");
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.match(tree.stdout, /^left the loop$/m);
  assert.equal(tree.stderr, "received termination signal\n");
});

test("a tcpdump that is slow to tell its counts is waited for", async (t) => {
  if (cannotCapture(t)) return;
  const source = `
    import fs from "node:fs";
    import { packets } from "coppice";
    const source = packets({ filter: "udp dst port 1" });
    void source[Symbol.asyncIterator]().next();
    await source.counts();
    const pid = Number(fs.readFileSync(\`/proc/self/task/\${process.pid}/children\`, "utf8"));
    process.kill(pid, "SIGSTOP");
    setTimeout(() => process.kill(pid, "SIGCONT"), 1_200);
    console.log("captured", (await source.counts()).captured);
    process.exit();`;
  const tree = plant(t, source, { script: "plain.ts", options: ["-i", "lo"] });
  assert.deepEqual(await tree.end(), { code: 0, signal: null }, tree.report());
  assert.equal(tree.stdout, "captured 0\n");
});

test("process.exit() in a loop leaves no tcpdump", async (t) => {
  if (cannotCapture(t)) return;
  const source = `
    import { packets } from "coppice";
    const source = packets({ filter: "udp dst port 1" });
    void source[Symbol.asyncIterator]().next();
    await source.counts();
    process.exit(7);`;
  const tree = plant(t, source, { script: "plain.ts", options: ["-i", "lo"] });
  assert.deepEqual(await tree.end(), { code: 7, signal: null });
});

test("a script that does not read has the kernel drop, and is told how much, meanwhile", async (t) => {
  if (cannotCapture(t)) return;
  const { port, send } = await privatePort(t);
  const source = `
    import { args, packets } from "coppice";
    const source = packets({ filter: "udp dst port " + args.defines.port });
    const iterator = source[Symbol.asyncIterator]();
    const first = iterator.next();
    await source.counts();
    console.log("listening");
    await first;
    process.on("SIGUSR2", async () => {
      console.log("counts", JSON.stringify(await source.counts()), process.memoryUsage.rss());
    });
    console.log("reads no more");`;
  const tree = plant(t, source, {
    script: "plain.ts",
    options: ["-i", "lo"],
    operands: [`port=${port}`],
  });
  await tree.line(/^listening$/m);
  send("first");
  await tree.line(/^reads no more$/m);
  const payload = "x".repeat(1_000);
  let asked = 0;
  const last = await until("the kernel to drop", async () => {
    for (let i = 0; i < 1_000; i++) send(payload);
    tree.child.kill("SIGUSR2");
    asked += 1;
    const matches = await tree.lines(/^counts (\{.*\}) (\d+)$/m, asked);
    const [, text = "", rss = ""] = matches.at(-1) ?? [];
    const counts = JSON.parse(text);
    return counts.droppedByKernel > 0 && { counts, rss: Number(rss) };
  });
  assert.equal(last.counts.captured, 1);
  assert.ok(last.counts.received > last.counts.droppedByKernel);
  assert.ok(last.rss < 200_000_000, `${last.rss} bytes of memory`);
  // tcpdump waits for its reader now, and still there is an answer.
  for (let i = 0; i < 3; i++) {
    tree.child.kill("SIGUSR2");
    asked += 1;
    await tree.lines(/^counts /m, asked);
  }
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

/** A tree whose Supervisor creates one node, `foo`, that runs the same script. */
function supervised(script: string, config: object): string {
  return `${script}
    on("init", async () => {
      if (supervisor.isSupervisor()) {
        await supervisor.create(${JSON.stringify({ name: "foo", ...config })});
      }
    });`;
}

/** A plain process that captures where nothing ever comes. */
async function listening(t: TestContext, defines: string[] = []): Promise<TestTree> {
  const { port } = await privatePort(t);
  const operands = [`port=${port}`, ...defines];
  const tree = plant(t, LISTEN, { script: "plain.ts", options: ["-i", "lo"], operands });
  await tree.line(/^listening$/m);
  return tree;
}

async function tcpdumpOf(pid: number): Promise<number> {
  return until("a tcpdump", () => childrenOf(pid).find((child) => /tcpdump/.test(titleOf(child))));
}

/** A port of this machine's that nobody else has, and what sends datagrams there. */
async function privatePort(
  t: TestContext,
): Promise<{ port: number; send: (text: string) => void }> {
  const socket = dgram.createSocket("udp4");
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  t.after(() => socket.close());
  const { port } = socket.address();
  return { port, send: (text) => socket.send(text, port, "127.0.0.1") };
}

function capture(t: TestContext): string {
  const name = path.join(temporaryDirectory(t), "x.pcap");
  const packets = [1, 2].map((n) => ({
    seconds: 1_700_000_000 + n,
    fraction: 500,
    data: udpFrame(n, Buffer.from("hello")),
  }));
  fs.writeFileSync(name, savefile(packets));
  return name;
}

/** A Node.js whose process may do what we may, except capture; anybody but root may not anyway. */
function withoutRight(directory: string): string {
  if (process.getuid?.() !== 0) return process.execPath;
  const file = path.join(directory, "node");
  const command = `exec setpriv --bounding-set=-net_raw -- '${process.execPath}' "$@"`;
  fs.writeFileSync(file, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return file;
}

/** Capturing needs a right that only root is sure to have. */
function cannotCapture(t: TestContext): boolean {
  if (process.getuid?.() === 0) return false;
  t.skip("capturing is for root");
  return true;
}
