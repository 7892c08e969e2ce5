/** What is told of nodes, of the Supervisor, and of where the nodes' own metrics are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { targetsOf } from "../../src/metrics/discovery.ts";
import type { Family } from "../../src/metrics/family.ts";
import { livenessProblems, readinessProblems } from "../../src/metrics/health.ts";
import { type NodeFacts, nodeFamilies } from "../../src/metrics/node-families.ts";
import { LOOP_DELAY, type OwnFacts, ownFamilies } from "../../src/metrics/own-families.ts";

function statusOf(node: NodeConfig, more: Partial<NodeStatus> = {}): NodeStatus {
  return { node, state: "running", generation: 1, since: 5_000, pid: 7, ...more };
}

function factsOf(status: NodeStatus, more: Partial<NodeFacts> = {}): NodeFacts {
  const tally = {
    success: 1,
    error: 2,
    signal: 3,
    startFailed: 4,
    revivals: 5,
    stdout: { bytes: 60, lines: 6 },
    stderr: { bytes: 70, lines: 7 },
  };
  return { status, tally, cpu: 1.25, memory: 4096, ...more };
}

/** The samples of all families: for names and values without quotes, as Prometheus is told them. */
function linesOf(families: Iterable<Family>): string[] {
  return [...families].flatMap(({ name, samples }) =>
    samples.map(({ labels, sharedLabels, value }) => {
      const pairs = Object.entries({ ...labels, ...sharedLabels }).map(
        ([label, text]) => `${label}="${text}"`,
      );
      return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
    }),
  );
}

test("a node's series", () => {
  const cluster = { w: { role: "WORKER", host: "127.0.0.1", port: 0 } } as const;
  const node = factsOf(statusOf({ name: "w", cluster, command: ["x"] }, { generation: 3 }));
  const lines = linesOf(nodeFamilies([node]));
  const own = (name: string, more = "") =>
    `coppice_node_${name}{${more}node="w",role="worker",kind="program"}`;
  assert.deepEqual(
    lines.filter((line) => !line.includes("_state{")),
    [
      `${own("up")} 1`,
      `${own("ready")} 1`,
      `${own("starts_total")} 3`,
      `${own("revivals_total")} 5`,
      `${own("exits_total", 'reason="success",')} 1`,
      `${own("exits_total", 'reason="error",')} 2`,
      `${own("exits_total", 'reason="signal",')} 3`,
      `${own("exits_total", 'reason="start_failed",')} 4`,
      `${own("start_time_seconds")} 5`,
      `${own("revival_delay_seconds")} 0`,
      `${own("cpu_seconds_total")} 1.25`,
      `${own("resident_memory_bytes")} 4096`,
      `${own("output_bytes_total", 'stream="stdout",')} 60`,
      `${own("output_bytes_total", 'stream="stderr",')} 70`,
      `${own("output_lines_total", 'stream="stdout",')} 6`,
      `${own("output_lines_total", 'stream="stderr",')} 7`,
    ],
  );
  const states = lines.filter((line) => line.includes("_state{"));
  assert.equal(states.length, 7);
  assert.ok(states.includes(`${own("state", 'state="running",')} 1`));
  assert.equal(states.filter((line) => line.endsWith(" 1")).length, 1);
});

test("a node that is done, or was given up, is not just stopped", () => {
  const stateOf = (more: Partial<NodeStatus>) =>
    linesOf(nodeFamilies([factsOf(statusOf({ name: "a" }, more))]))
      .filter((line) => line.includes("_state{") && line.endsWith(" 1"))
      .map((line) => /state="(\w+)"/.exec(line)?.[1]);
  assert.deepEqual(stateOf({ state: "stopped", why: "told" }), ["stopped"]);
  assert.deepEqual(stateOf({ state: "stopped", why: "done" }), ["done"]);
  assert.deepEqual(stateOf({ state: "stopped", why: "failed" }), ["failed"]);
  assert.deepEqual(stateOf({ state: "stopped" }), ["stopped"]);
  assert.deepEqual(stateOf({ state: "waiting" }), ["waiting"]);
});

test("what is not known of a node is left out; a node that waits says until when", () => {
  const waiting = statusOf(
    { name: "__proto__" },
    { state: "waiting", since: 5_000, nextStart: 7_500, lastExit: { code: 1, at: 5_000 } },
  );
  const { pid: _pid, ...status } = waiting;
  const lines = linesOf(nodeFamilies([factsOf(status)]));
  const find = (name: string) =>
    lines.filter((line) => line.startsWith(`coppice_node_${name}{node="__proto__",kind="script"}`));
  assert.match(find("up")[0]!, / 0$/);
  assert.match(find("next_start_time_seconds")[0]!, / 7.5$/);
  assert.match(find("revival_delay_seconds")[0]!, / 2.5$/);
  assert.match(find("last_exit_time_seconds")[0]!, / 5$/);
  assert.deepEqual(find("start_time_seconds"), []);
});

test("a node is ready when it runs and is not said to be unready", () => {
  const readyOf = (more: Partial<NodeStatus>) =>
    linesOf(nodeFamilies([factsOf(statusOf({ name: "a", zeek: {} }, more))])).find((line) =>
      line.startsWith("coppice_node_ready{"),
    );
  assert.match(readyOf({})!, /kind="zeek"} 1$/);
  assert.match(readyOf({ ready: true })!, / 1$/);
  assert.match(readyOf({ ready: false })!, / 0$/);
  assert.match(readyOf({ ready: true, state: "stopping" })!, / 0$/);
});

test("the Supervisor's own series; what the system does not tell is left out", () => {
  const connections = { open: 1, queued: 2, received: 3, sent: 4 };
  const facts: OwnFacts = {
    version: "1.2.3",
    nodeVersion: "24.0.0",
    stem: { isLinked: false, starts: 2, cpu: undefined, memory: undefined },
    commands: 0,
    output: { stdout: { queued: 5, written: 6 }, stderr: { queued: 0, written: 0 } },
    watchers: 1,
    connections: { native: connections, client: connections, server: connections },
    requests: [{ protocol: "zeek", method: "status", outcome: "ok", count: 9 }],
    loopActive: 1.5,
    process: {
      cpu: 1,
      startTime: 2,
      memory: 3,
      heap: 4,
      openFiles: undefined,
      mostFiles: Number.POSITIVE_INFINITY,
    },
  };
  const lines = linesOf(ownFamilies(facts));
  for (const line of [
    'coppice_build_info{version="1.2.3",node_version="24.0.0"} 1',
    "coppice_stem_linked 0",
    "coppice_stem_starts_total 2",
    'coppice_output_queued_bytes{stream="stdout"} 5',
    'coppice_output_written_bytes_total{stream="stdout"} 6',
    'coppice_connections_queued_bytes{kind="client"} 2',
    'coppice_messages_sent_total{kind="server"} 4',
    'coppice_control_requests_total{protocol="zeek",method="status",outcome="ok"} 9',
    "coppice_event_loop_active_seconds_total 1.5",
    "process_max_fds Infinity",
  ]) {
    assert.ok(lines.includes(line), line);
  }
  for (const name of ["coppice_stem_cpu", "coppice_stem_resident", "process_open_fds"])
    assert.ok(!lines.some((line) => line.startsWith(name)), name);
});

test("names and help follow Prometheus' conventions, and no name comes twice", () => {
  const own = ownFamilies({
    output: { stdout: {}, stderr: {} },
    stem: {},
    connections: { native: {}, client: {}, server: {} },
    requests: [],
    process: {},
  } as unknown as OwnFacts);
  const families = [...nodeFamilies([]), ...own, { ...LOOP_DELAY, type: "histogram" }];
  assert.ok(families.length > 30);
  assert.equal(new Set(families.map(({ name }) => name)).size, families.length);
  for (const { name, type, help } of families) {
    assert.match(name, /^(coppice|process|nodejs)_[a-z_]+$/);
    assert.equal(type === "counter", name.endsWith("_total"), name);
    assert.doesNotMatch(name, /milliseconds|_ms|kilobytes|percent/);
    assert.match(help, /^[A-Z].+\.$/, name);
  }
});

test("the nodes that say where their metrics are, are found there", () => {
  const at = (name: string, host: string, metricsPort?: number) => ({
    name,
    cluster: {
      [name]: {
        role: "WORKER" as const,
        host,
        port: 1,
        ...(metricsPort === undefined ? {} : { metricsPort }),
      },
    },
  });
  const nodes: NodeStatus[] = [
    statusOf(at("w1", "192.0.2.1", 9991)),
    statusOf(at("w2", "2001:db8::1", 9992), { state: "waiting" }),
    statusOf(at("off", "192.0.2.1", 0)),
    statusOf(at("unset", "192.0.2.1")),
    statusOf({ name: "alone" }),
    // Of another node it knows where they are, not of itself.
    statusOf({ ...at("w1", "192.0.2.1", 9991), name: "toString" }),
    statusOf(at("told", "192.0.2.1", 9993), { state: "stopped", why: "told" }),
    statusOf(at("done", "192.0.2.1", 9993), { state: "stopped", why: "done" }),
    statusOf(at("lost", "192.0.2.1", 9994), { state: "stopped", why: "failed" }),
    statusOf({
      name: "free",
      cluster: { free: { role: "NONE", host: "localhost", port: 0, metricsPort: 9995 } },
    }),
  ];
  assert.deepEqual(targetsOf(nodes), [
    { targets: ["192.0.2.1:9991"], labels: { node: "w1", role: "worker" } },
    { targets: ["[2001:db8::1]:9992"], labels: { node: "w2", role: "worker" } },
    { targets: ["192.0.2.1:9994"], labels: { node: "lost", role: "worker" } },
    { targets: ["localhost:9995"], labels: { node: "free" } },
  ]);
  assert.deepEqual(targetsOf([]), []);
});

test("the Supervisor lives while a Stem is connected, or while the tree ends", () => {
  assert.deepEqual(livenessProblems({ isLinked: true, isEnding: false }), []);
  assert.deepEqual(livenessProblems({ isLinked: false, isEnding: true }), []);
  assert.deepEqual(livenessProblems({ isLinked: false, isEnding: false }), [
    "no Stem is connected",
  ]);
});

test("a tree is ready when all nodes that shall run are; those told to stop and those done are not missed", () => {
  const up = { isLinked: true, isEnding: false };
  const node = { name: "a" };
  const problems = (more: Partial<NodeStatus>, facts = up) =>
    readinessProblems(facts, [statusOf(node, more)]);
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ state: "stopped", why: "told" }), []);
  assert.deepEqual(problems({ state: "stopped", why: "done" }), []);
  assert.deepEqual(problems({ state: "stopped", why: "failed" }), ["node 'a' is given up"]);
  assert.deepEqual(problems({ ready: false }), ["node 'a' is running, not ready"]);
  for (const state of ["pending", "waiting", "stopping"] as const)
    assert.deepEqual(problems({ state }), [`node 'a' is ${state}`]);
  assert.deepEqual(problems({}, { isLinked: true, isEnding: true }), ["the tree ends"]);
  assert.deepEqual(problems({}, { isLinked: false, isEnding: false }), ["no Stem is connected"]);
  assert.deepEqual(readinessProblems(up, []), []);
  const many = Array.from({ length: 50 }, (_, i) => statusOf({ name: `n${i}` }, { ready: false }));
  const told = readinessProblems(up, many);
  assert.equal(told.length, 21);
  assert.equal(told.at(-1), "and 30 more nodes");
});
