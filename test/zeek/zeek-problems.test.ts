/** What is wrong with a Zeek node, in one line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig, ZeekConfig } from "../../src/core/config.ts";
import { isSupervised, stemProblem } from "../../src/zeek/supervised.ts";
import { zeekProblem } from "../../src/zeek/zeek-problems.ts";

const HOST = "127.0.0.1";
const manager: ClusterEndpoint = { role: "MANAGER", host: HOST, port: 1 };
const worker: ClusterEndpoint = { role: "WORKER", host: HOST, port: 0 };
const problemOf = (config: Omit<NodeConfig, "name">) => zeekProblem({ name: "w", ...config });

test("a node that is no Zeek is none of our business", () => {
  assert.equal(problemOf({ command: ["true"], addlUserScripts: ["a=b"] }), undefined);
});

test("nodes that nothing is wrong with", () => {
  const fine: Omit<NodeConfig, "name">[] = [
    { zeek: {} },
    { zeek: {}, cluster: {} },
    {
      zeek: { args: ["-C", "x=1", "-e", "print 1;"], scripts: ["local", "./a.zeek", "/b", "~/c"] },
    },
    { zeek: { backend: ["x", "A::b=1"], files: { "local.zeek": "" }, path: ["a", "/b"] } },
    { zeek: { supervised: true }, cluster: { manager, w: worker } },
    { zeek: { layout: "mine.zeek" }, cluster: { x: worker } },
    { zeek: {}, interface: "af_packet::eth0" },
    { zeek: {}, pcapFile: "a=b.pcap", env: { CLUSTER_NODE: "w", ZEEK_SEED_FILE: "x" } },
  ];
  for (const config of fine) assert.equal(problemOf(config), undefined, JSON.stringify(config));
});

test("every problem, in its words", () => {
  const zeek: ZeekConfig = {};
  const table: [config: Omit<NodeConfig, "name">, problem: string][] = [
    [
      { zeek, command: ["true"] },
      "'zeek' and 'command' exclude each other: a node runs one program",
    ],
    [{ zeek: { executable: "" } }, "zeek.executable is empty"],
    [{ zeek: { wrapper: [""] } }, "zeek.wrapper names no program"],
    [{ zeek: { wrapper: ["a\0"] } }, 'zeek: "a\\u0000" contains a NUL'],
    [
      { zeek: { args: ["-i", "eth0"] } },
      "zeek.args: option -i is made by Coppice: set 'interface' instead",
    ],
    [
      { zeek: { scripts: ["a=b.zeek"] } },
      "zeek.scripts: 'a=b.zeek' contains '=': Zeek would take it for an assignment, not for a script",
    ],
    [
      { zeek, addlBaseScripts: ["/a::b"] },
      "addlBaseScripts: '/a::b' contains '::': Zeek would take it for a plugin, not for a script",
    ],
    [
      { zeek, addlUserScripts: ["x", "-y"] },
      "addlUserScripts: '-y' begins with '-': Zeek would take it for an option; write './-y'",
    ],
    [{ zeek: { scripts: [""] } }, "zeek.scripts: a script's name is empty"],
    [
      { zeek: { scripts: ["-"] } },
      "zeek.scripts: '-' would be a script on stdin, and nodes have none",
    ],
    [{ zeek: { scripts: ["a--"] } }, "zeek.scripts: 'a--' ends in '--', where Zeek's options end"],
    [
      { zeek: { logScript: "a=b" } },
      "zeek.logScript: 'a=b' contains '=': Zeek would take it for an assignment, not for a script",
    ],
    [
      { zeek: { backend: ["-C"] } },
      "zeek.backend: '-C' begins with '-': Zeek would take it for an option; write './-C'",
    ],
    [{ zeek, interface: "" }, "interface is empty"],
    [{ zeek, interface: "a--" }, "interface: 'a--' ends in '--', where Zeek's options end"],
    [{ zeek, pcapFile: "" }, "pcapFile is empty"],
    [{ zeek, pcapFile: "-" }, "pcapFile: '-' would be packets on stdin, and nodes have none"],
    [{ zeek, pcapFile: "a--" }, "pcapFile: 'a--' ends in '--', where Zeek's options end"],
    [{ zeek: { path: [""] } }, "zeek.path: a directory's name is empty"],
    [
      { zeek: { path: ["/a", "b:c"] } },
      "zeek.path: 'b:c' contains ':', which separates directories",
    ],
    [{ zeek: { logQueue: "" } }, "zeek.logQueue is empty"],
    [{ zeek: { logQueue: "\0" } }, "zeek.logQueue contains a NUL"],
    [{ zeek: { layout: "" } }, "zeek.layout is empty"],
    [{ zeek: { files: { "a/b": "" } } }, 'zeek.files: "a/b" is no name of a file'],
    [{ zeek: { files: { "..": "" } } }, 'zeek.files: ".." is no name of a file'],
    [
      { zeek: { files: { "cluster-layout.zeek": "" } } },
      "zeek.files: cluster-layout.zeek is written by Coppice: name yours in 'zeek.layout'",
    ],
    [
      { zeek: { files: { "coppice-log-queue.zeek": "" } } },
      "zeek.files: coppice-log-queue.zeek is written by Coppice: name yours in 'zeek.logScript'",
    ],
    [
      { zeek, env: { ZEEK_STEM: "" } },
      "env: ZEEK_STEM is Coppice's own: set 'zeek.supervised' instead",
    ],
    [
      { zeek, env: { ZEEK_SEED_FILE: "a", ZEEK_SEED_VALUES: "b" } },
      "env: ZEEK_SEED_FILE and ZEEK_SEED_VALUES exclude each other",
    ],
    [{ zeek, cluster: { manager } }, "it is not in its own cluster: Zeek would end at once"],
    [
      { zeek, cluster: { manager, w: { ...worker, role: "NONE" } } },
      "it has no role in its own cluster: Zeek would end at once",
    ],
    [
      { zeek, cluster: { w: worker } },
      "the cluster has no manager: give one node the role MANAGER",
    ],
    [
      {
        zeek: { backend: "zeromq" },
        cluster: { m: { ...manager, host: "::1" }, w: worker },
      },
      "a manager with an IPv6 address cannot be the logger over ZeroMQ: add a logger",
    ],
    [
      { zeek: { supervised: true, args: ["-Q"] } },
      "option -Q does not reach a supervised Zeek: set 'zeek.supervised' to false",
    ],
    [
      {
        zeek: { supervised: true },
        cluster: { manager, w: { ...worker, host: "fe80::1%eth0" } },
      },
      "the zone of host 'fe80::1%eth0' of 'w' does not reach a supervised Zeek: set 'zeek.supervised' to false",
    ],
  ];
  for (const [config, problem] of table) assert.equal(problemOf(config), `node 'w': ${problem}`);
});

test("a name in a cluster becomes more than a file's name", () => {
  const config: NodeConfig = { name: "größe", zeek: { layout: "l.zeek" } };
  assert.match(zeekProblem(config) ?? "none", /^node 'größe': 'größe' is no name for a node of/);
  assert.equal(zeekProblem({ name: "größe", zeek: {} }), undefined);
  const named: NodeConfig = { name: "-w", zeek: {}, cluster: { manager, "-w": worker } };
  assert.match(zeekProblem(named) ?? "none", /'-w' is no name for a node of a Zeek cluster/);
});

test("names of objects' own methods are names like any others", () => {
  const node = (name: string): NodeConfig => ({ name, zeek: {}, cluster: { manager } });
  assert.match(zeekProblem(node("constructor")) ?? "none", /it is not in its own cluster/);
});

test("a node is supervised where its Zeek allows it and nothing would be lost", () => {
  const [old, current] = [
    { major: 6, minor: 2, patch: 0 },
    { major: 8, minor: 2, patch: 2 },
  ];
  const supervised = (zeek: ZeekConfig, version = current) =>
    isSupervised({ name: "w", zeek }, version);
  assert.equal(supervised({}), true);
  assert.equal(supervised({ args: ["-C", "-O", "ZAM"] }), true);
  assert.equal(supervised({ supervised: false }), false);
  assert.equal(supervised({}, old), false);
  assert.equal(supervised({ supervised: true }, old), true);
  for (const args of [["-Q"], ["-S"], ["-c", "f"], ["-E", "f"], ["-I", "id"]])
    assert.equal(supervised({ args }), false, args.join(" "));
  const zone = { m: { ...manager, host: "fe80::1%eth0" } };
  assert.match(stemProblem({ name: "m", zeek: {}, cluster: zone }) ?? "none", /^the zone of host/);
  assert.equal(stemProblem({ name: "m", zeek: { layout: "l" }, cluster: zone }), undefined);
});
