/** The command line of a Zeek, word for word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig } from "../../src/core/config.ts";
import { type Circumstances, zeekCommand, zeekStemCommand } from "../../src/zeek/command-line.ts";
import { parseVersion } from "../../src/zeek/version.ts";

const given: Circumstances = {
  executable: "/opt/zeek/bin/zeek",
  version: parseVersion("8.2.2") ?? assert.fail(),
  bareMode: false,
  ignoreChecksums: false,
  logScript: "/state/w/coppice-log-queue.zeek",
  base: "/home/me/site",
};
const LOG = given.logScript;
const ZEROMQ = "frameworks/cluster/backend/zeromq";
const cluster: Record<string, ClusterEndpoint> = {
  manager: { role: "MANAGER", host: "127.0.0.1", port: 1 },
  w: { role: "WORKER", host: "127.0.0.1", port: 0 },
};
const full: NodeConfig = {
  name: "w",
  interface: "af_packet::eth0",
  bareMode: true,
  addlBaseScripts: ["base1", "./base2.zeek"],
  addlUserScripts: ["../user.zeek", "/abs/user.zeek"],
  cluster,
  zeek: {
    args: ["-e", "print 1;", "AF_Packet::fanout_id=7", "more", "-Cf", "tcp", "Zeek::AF_Packet"],
    scripts: ["local", "~/mine.zeek"],
    wrapper: ["nice", "-n", "5"],
  },
};

test("a Zeek that is executed: options, packets, status, backend, scripts in order, the rest", () => {
  assert.deepEqual(zeekCommand(full, given), [
    ...["nice", "-n", "5", "/opt/zeek/bin/zeek"],
    ...["-C", "-f", "tcp", "-b", "-i", "af_packet::eth0", "-U", ".status"],
    ...[ZEROMQ, LOG, "base1", "/home/me/site/base2.zeek"],
    ...["local", "~/mine.zeek", "more"],
    ...["/home/me/user.zeek", "/abs/user.zeek"],
    ...["Zeek::AF_Packet", "AF_Packet::fanout_id=7", "-e", "print 1;"],
  ]);
});

test("Zeek's Stem: no packets, and no scripts that go to the node by its configuration", () => {
  assert.deepEqual(zeekStemCommand(full, given), [
    ...["nice", "-n", "5", "/opt/zeek/bin/zeek", "-j"],
    ...["-C", "-f", "tcp", "-U", ".status"],
    ...[ZEROMQ, LOG, "local", "~/mine.zeek", "more"],
    ...["Zeek::AF_Packet", "AF_Packet::fanout_id=7", "-e", "print 1;"],
  ]);
});

test("a command line as small as can be, in all its variants", () => {
  const start = ["/opt/zeek/bin/zeek"];
  const alone = [...["-U", ".status"], LOG];
  const table: [config: Omit<NodeConfig, "name">, given: Partial<Circumstances>, argv: string[]][] =
    [
      [{ zeek: {} }, {}, [...start, ...alone]],
      [{ zeek: { executable: "zeek" } }, {}, ["zeek", ...alone]],
      [{ zeek: {}, pcapFile: "a.pcap" }, {}, [...start, "-r", "a.pcap", ...alone]],
      [{ zeek: {} }, { bareMode: true }, [...start, "-b", ...alone]],
      [{ zeek: {}, bareMode: false }, { bareMode: true }, [...start, ...alone]],
      [{ zeek: {}, bareMode: true }, {}, [...start, "-b", ...alone]],
      [{ zeek: {} }, { ignoreChecksums: true }, [...start, "-C", ...alone]],
      [{ zeek: { args: ["-C"] } }, { ignoreChecksums: true }, [...start, "-C", ...alone]],
      [
        { zeek: { logScript: "./l.zeek" } },
        {},
        [...start, "-U", ".status", "/home/me/site/l.zeek"],
      ],
      [{ zeek: { logScript: false } }, {}, [...start, "-U", ".status", "base/init-bare"]],
      [{ zeek: { logScript: false, scripts: ["x"] } }, {}, [...start, "-U", ".status", "x"]],
      [
        { zeek: { backend: "broker" } },
        {},
        [...start, ...["-U", ".status", "frameworks/cluster/backend/broker", LOG]],
      ],
      [{ zeek: {}, cluster }, {}, [...start, "-U", ".status", ZEROMQ, LOG]],
      [{ zeek: { layout: "l.zeek" } }, {}, [...start, "-U", ".status", ZEROMQ, LOG]],
      [{ zeek: { backend: "none" }, cluster }, {}, [...start, ...alone]],
      [
        { zeek: { backend: ["./b.zeek", "X=1"] }, cluster },
        {},
        [...start, ...["-U", ".status", "/home/me/site/b.zeek", "X=1", LOG]],
      ],
      [{ zeek: {}, cluster }, { version: { major: 8, minor: 0, patch: 3 } }, [...start, ...alone]],
    ];
  for (const [config, circumstances, argv] of table)
    assert.deepEqual(zeekCommand({ name: "w", ...config }, { ...given, ...circumstances }), argv);
});

test("the Supervisor's own options reach Zeek's Stem, the node's bare mode does not", () => {
  const supervisor = { ...given, bareMode: true, ignoreChecksums: true };
  const argv = ["/opt/zeek/bin/zeek", "-j", "-C", "-b", "-U", ".status", LOG];
  assert.deepEqual(zeekStemCommand({ name: "w", bareMode: false, zeek: {} }, supervisor), argv);
  assert.deepEqual(zeekStemCommand({ name: "w", bareMode: true, zeek: {} }, given), [
    ...["/opt/zeek/bin/zeek", "-j", "-U", ".status", LOG],
  ]);
});

test("an executed Zeek always has a script, lest it read one from stdin", () => {
  for (const zeek of [
    { logScript: false as const },
    { logScript: false as const, args: ["a=1"] },
  ]) {
    const argv = zeekCommand({ name: "w", zeek }, given);
    assert.ok(argv.includes("base/init-bare"), argv.join(" "));
  }
});
