/** `packets()` in a process of its own: where packets come from, how reading ends, what is left. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { afterEach, before, type TestContext, test } from "node:test";
import { PacketError } from "../../src/errors.ts";
import { signalProcess } from "../../src/os/signals.ts";
import { setArgs } from "../../src/script/args.ts";
import { type Packet, type PacketOptions, packets } from "../../src/script/packets.ts";
import { savefile, udpFrame, type Written } from "../fixtures/savefile.ts";
import { pathWithout } from "../fixtures/system.ts";
import { requireTcpdump } from "../fixtures/tcpdump.ts";
import {
  atEnd,
  childrenOf,
  isAlive,
  temporaryDirectory,
  titleOf,
  until,
} from "../fixtures/tree.ts";

const NO_ARGS = { scripts: [], bareMode: false, ignoreChecksums: false, defines: {} };
const SAMPLES: Written[] = [1, 2, 3].map((port) => ({
  seconds: 1_700_000_000 + port,
  fraction: 123_456,
  data: udpFrame(port, Buffer.from(`to ${port}`)),
  length: 1_000 + port,
}));

before(requireTcpdump);
// What a failing test has left would keep this process, and so the whole run, from ending.
afterEach(() => {
  for (const pid of tcpdumps()) signalProcess(pid, "SIGKILL");
});

test("a file's packets come in order, and the iteration ends with the file", async (t) => {
  const read = await all(t, { pcapFile: file(t, savefile(SAMPLES)) });
  assert.deepEqual(
    read,
    SAMPLES.map(({ seconds, data, length }) => ({
      time: seconds * 1_000 + 123.456,
      data: Uint8Array.from(data),
      length,
      linkType: 1,
    })),
  );
});

test("a file of nanoseconds keeps what a number can hold of them, in either byte order", async (t) => {
  for (const isLittleEndian of [true, false]) {
    const written = [{ seconds: 2, fraction: 123_456_789, data: udpFrame(1, Buffer.from("x")) }];
    const bytes = savefile(written, { hasNanoseconds: true, isLittleEndian });
    const [packet] = await all(t, { pcapFile: file(t, bytes) });
    assert.equal(packet!.time, 2_123.456_789);
  }
});

test("an empty capture is no error, and other link types keep their number", async (t) => {
  assert.deepEqual(await all(t, { pcapFile: file(t, savefile([])) }), []);
  const bytes = savefile(SAMPLES, { linkType: 0x2400_0000 + 147 });
  const read = await all(t, { pcapFile: file(t, bytes) });
  assert.deepEqual(
    read.map(({ linkType }) => linkType),
    [147, 147, 147],
  );
});

test("pcapng is read as well, as is whatever else libpcap reads", async (t) => {
  const data = udpFrame(1, Buffer.from("four"));
  const microseconds = 1_700_000_000_123_456n;
  const bytes = Buffer.concat([
    block(0x0a0d0d0a, [0x1a2b3c4d, 0x0000_0001, 0xffff_ffff, 0xffff_ffff]),
    block(1, [1, 0]),
    block(
      6,
      [0, Number(microseconds >> 32n), Number(microseconds & 0xffff_ffffn), data.length, 99],
      data,
    ),
  ]);
  assert.deepEqual(await all(t, { pcapFile: file(t, bytes) }), [
    { time: 1_700_000_000_123.456, data: Uint8Array.from(data), length: 99, linkType: 1 },
  ]);
});

test("filter and snapLength choose what is read", async (t) => {
  const pcapFile = file(t, savefile(SAMPLES));
  const [packet, ...others] = await all(t, { pcapFile, filter: "udp dst port 2", snapLength: 20 });
  assert.deepEqual(others, []);
  assert.deepEqual(packet!.data, Uint8Array.from(SAMPLES[1]!.data.subarray(0, 20)));
  assert.equal(packet!.length, 1_002);
  await refuses(
    t,
    { pcapFile, filter: "udp prt 5" },
    /: can't parse filter expression: syntax error$/,
  );
});

test("counts() of a file is what was read so far", async (t) => {
  const source = packets({ pcapFile: file(t, savefile(SAMPLES)) });
  const counted = [];
  for await (const _ of source) counted.push(await source.counts());
  assert.deepEqual(
    counted,
    [1, 2, 3].map((n) => ({
      received: n,
      captured: n,
      droppedByKernel: 0,
      droppedByInterface: 0,
    })),
  );
});

test("without options it is what the process was given", async (t) => {
  atEnd(t, () => setArgs(NO_ARGS));
  setArgs({ ...NO_ARGS, pcapFile: file(t, savefile(SAMPLES)) });
  assert.equal((await all(t, {})).length, 3);
  assert.equal((await all(t, { filter: "udp dst port 2" })).length, 1);
});

test("what cannot be is refused at once", () => {
  const refused = (options: PacketOptions, words: RegExp) =>
    assert.throws(
      () => packets(options),
      (error) => error instanceof PacketError && words.test(error.message),
    );
  refused({}, /nothing to read packets from: give the node.*an interface or a pcapFile/);
  refused({ interface: "lo", pcapFile: "x" }, /from an interface or from a file, not from both/);
  refused({ pcapFile: "-" }, /cannot read packets from stdin/);
  for (const snapLength of [0, -1, 1.5, 262_145, Number.NaN]) {
    refused({ interface: "lo", snapLength }, /snapLength is a whole number from 1 to 262144/);
  }
  packets({ interface: "lo", snapLength: 262_144 });
});

test("what cannot be read is told in one line, in tcpdump's words", async (t) => {
  const text = file(t, Buffer.from("this is no capture, but text\n"));
  await refuses(
    t,
    { pcapFile: text },
    /^cannot read packets from \/.*\.pcap: unknown file format$/,
  );
  await refuses(
    t,
    { pcapFile: "/nope.pcap" },
    /^cannot read packets from \/nope.pcap: No such file or directory$/,
  );
  await refuses(t, { pcapFile: "/" }, /^cannot read packets from \/: .*directory$/);
  await refuses(t, { pcapFile: "a\0b" }, /^cannot read packets from .*null bytes/);
  await refuses(
    t,
    { interface: "no\nsuch" },
    /^cannot read packets from "no\\nsuch": .*No such device exists.*$/,
  );
});

test("an interface that is not there is told in one line", async (t) => {
  if (cannotCapture(t)) return;
  await refuses(
    t,
    { interface: "nope0" },
    /^cannot read packets from nope0: No such device exists$/,
  );
});

test("a file that was cut off gives its whole packets, then an error, then nothing", async (t) => {
  const bytes = savefile(SAMPLES);
  const source = packets({ pcapFile: file(t, bytes.subarray(0, -5)) });
  const iterator = source[Symbol.asyncIterator]();
  for (let i = 0; i < 2; i++) assert.equal((await iterator.next()).done, false);
  await assert.rejects(
    iterator.next(),
    /^PacketError: cannot read packets from .*: truncated dump file/,
  );
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  assert.deepEqual(tcpdumps(), []);
});

test("a root-only file is read by root, though Debian's tcpdump would rather be another user", async (t) => {
  const pcapFile = file(t, savefile(SAMPLES));
  fs.chmodSync(pcapFile, 0o600);
  fs.chmodSync(path.dirname(pcapFile), 0o700);
  assert.equal((await all(t, { pcapFile })).length, 3);
});

test("without tcpdump the error says what to install", async (t) => {
  const search = process.env["PATH"];
  atEnd(t, () => {
    process.env["PATH"] = search;
  });
  process.env["PATH"] = pathWithout(t, "tcpdump");
  await refuses(
    t,
    { pcapFile: "/nope.pcap" },
    /^cannot read packets: there is no tcpdump here \(Debian: apt-get install tcpdump\)$/,
  );
});

test("break and an error in the loop end tcpdump before the loop is left", async (t) => {
  const pcapFile = file(t, large());
  for await (const packet of packets({ pcapFile })) {
    assert.equal(tcpdumps().length, 1, "the file is too large to have been read");
    assert.ok(packet.data.length > 0);
    break;
  }
  assert.deepEqual(tcpdumps(), []);
  const failing = async () => {
    for await (const _ of packets({ pcapFile })) throw new Error("mine");
  };
  await assert.rejects(failing(), /^Error: mine$/);
  assert.deepEqual(tcpdumps(), []);
});

test("close() ends the iteration, whoever waits for a packet, and tcpdump", async (t) => {
  if (cannotCapture(t)) return;
  const source = packets({ interface: "lo", filter: "udp dst port 1" });
  const iterator = source[Symbol.asyncIterator]();
  const waiting = [iterator.next(), iterator.next()];
  await source.counts();
  assert.equal(tcpdumps().length, 1);
  await source.close();
  assert.deepEqual(tcpdumps(), []);
  const over = { done: true, value: undefined };
  assert.deepEqual(await Promise.all(waiting), [over, over]);
  assert.deepEqual(await iterator.next(), over);
  await source.close();
});

test("what is closed before it is read starts nothing", async (t) => {
  const source = packets({ pcapFile: file(t, savefile(SAMPLES)) });
  assert.equal((await source.counts()).received, 0);
  await source.close();
  for await (const _ of source) assert.fail("nothing is read");
});

test("packets are read once", async (t) => {
  const source = packets({ pcapFile: file(t, savefile(SAMPLES)) });
  for await (const _ of source) break;
  await assert.rejects(async () => {
    for await (const _ of source) assert.fail("nothing is read twice");
  }, /^PacketError: packets are read once: call packets\(\) again$/);
});

test("many who ask at once get each a packet, in order", async (t) => {
  const source = packets({ pcapFile: file(t, savefile(SAMPLES)) });
  const iterator = source[Symbol.asyncIterator]();
  const results = await Promise.all([1, 2, 3, 4].map(() => iterator.next()));
  assert.deepEqual(
    results.map(({ value }) => value?.length),
    [1_001, 1_002, 1_003, undefined],
  );
});

for (const [signal, words] of [
  ["SIGKILL", /^PacketError: cannot read packets from lo: tcpdump was ended by SIGKILL$/],
  ["SIGTERM", /^PacketError: cannot read packets from lo: somebody else told tcpdump to end$/],
] as const) {
  test(`a live capture whose tcpdump gets ${signal} from elsewhere fails`, async (t) => {
    if (cannotCapture(t)) return;
    const source = packets({ interface: "lo", filter: "udp dst port 1" });
    const next = source[Symbol.asyncIterator]().next();
    await source.counts();
    process.kill(tcpdumps()[0]!, signal);
    await assert.rejects(next, words);
  });
}

test("a slow reader has tcpdump wait, and still gets every packet", async (t) => {
  const bytes = large();
  const pcapFile = file(t, bytes);
  const source = packets({ pcapFile });
  const iterator = source[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  const [pid] = tcpdumps();
  const position = await stillness(() => positionOf(pid!, pcapFile));
  assert.ok(position < 2_000_000, `${position} of ${bytes.length} bytes were read ahead`);
  let count = 1;
  while (!(await iterator.next()).done) count++;
  assert.equal(count, LARGE);
});

async function all(t: TestContext, options: PacketOptions): Promise<Packet[]> {
  const read = [];
  for await (const packet of packets(options)) read.push(packet);
  assert.deepEqual(tcpdumps(), [], t.name);
  return read;
}

async function refuses(t: TestContext, options: PacketOptions, words: RegExp): Promise<void> {
  await assert.rejects(all(t, options), (error) => {
    assert.ok(error instanceof PacketError);
    assert.match(error.message, words);
    return true;
  });
  assert.deepEqual(tcpdumps(), []);
}

/** A block of pcapng. */
function block(type: number, words: number[], data: Uint8Array = new Uint8Array(0)): Buffer {
  const padding = -data.length & 3;
  const length = 12 + words.length * 4 + data.length + padding;
  const head = Buffer.from(Uint32Array.from([type, length, ...words]).buffer);
  return Buffer.concat([
    head,
    data,
    Buffer.alloc(padding),
    Buffer.from(Uint32Array.from([length]).buffer),
  ]);
}

/** This process's tcpdumps. */
function tcpdumps(): number[] {
  return childrenOf(process.pid).filter((pid) => isAlive(pid) && /tcpdump/.test(titleOf(pid)));
}

/** How far a process has read a file. */
function positionOf(pid: number, name: string): number | undefined {
  const descriptors = `/proc/${pid}/fd`;
  const fd = fs
    .readdirSync(descriptors)
    .find((one) => linkTarget(path.join(descriptors, one)) === name);
  const info = fs.readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
  return Number(/^pos:\s*(\d+)/m.exec(info)?.[1]);
}

function linkTarget(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return ""; // It was open for a moment.
  }
}

/** A number once it has not changed while this process went about its business. */
async function stillness(look: () => number | undefined): Promise<number> {
  let last: number | undefined;
  let same = 0;
  return until("a number to stay the same", () => {
    const now = look();
    same = now === last ? same + 1 : 0;
    last = now;
    return same === 30 ? now : undefined;
  });
}

function file(t: TestContext, bytes: Uint8Array): string {
  const name = path.join(temporaryDirectory(t), "x.pcap");
  fs.writeFileSync(name, bytes);
  return name;
}

function large(): Buffer {
  const data = new Uint8Array(1_000);
  return savefile(Array.from({ length: LARGE }, (_, fraction) => ({ seconds: 1, fraction, data })));
}

/** Capturing needs a right that only root is sure to have. */
function cannotCapture(t: TestContext): boolean {
  if (process.getuid?.() === 0) return false;
  t.skip("capturing is for root");
  return true;
}

const LARGE = 20_000;
