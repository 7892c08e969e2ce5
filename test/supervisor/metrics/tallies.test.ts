/** What is counted of nodes, whatever becomes of them and of their names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TreeEventKind } from "../../../src/core/api.ts";
import type { NodeConfig } from "../../../src/core/config.ts";
import type { LastExit, NodeStatus } from "../../../src/core/status.ts";
import { CpuMeter } from "../../../src/supervisor/metrics/cpu-meter.ts";
import { Tallies } from "../../../src/supervisor/metrics/tallies.ts";

function meet() {
  const nodes = new Map<string, NodeConfig>();
  const tallies = new Tallies();
  tallies.known = (name) => nodes.get(name);
  const create = (name: string) => {
    const config = { name };
    nodes.set(name, config);
    return config;
  };
  const tell = (kind: TreeEventKind, node: NodeConfig, lastExit?: Partial<LastExit>) => {
    const status: NodeStatus = { node, state: "waiting", generation: 1, since: 0 };
    if (lastExit !== undefined) status.lastExit = { at: 0, ...lastExit };
    tallies.happened({ kind, at: 0, text: "", node: node.name, status });
  };
  return { nodes, tallies, create, tell };
}

test("ends are counted by reason, and revivals, and starts that failed", () => {
  const { tallies, create, tell } = meet();
  const node = create("__proto__");
  tell("started", node);
  tell("exited", node, { code: 0 });
  tell("revived", node);
  tell("exited", node, { code: 3 });
  tell("exited", node, { code: 4 });
  tell("exited", node, { signal: "SIGKILL" });
  tell("failed", node, { code: 1 });
  tell("changed", node, { code: 1 });
  const { success, error, signal, startFailed, revivals } = tallies.of("__proto__");
  assert.deepEqual([success, error, signal, startFailed, revivals], [1, 2, 1, 1, 1]);
});

test("output is counted of nodes that are wanted, and of no others", () => {
  const { tallies, create, nodes } = meet();
  create("a");
  tallies.printed("a", "stdout", 10, 1);
  tallies.printed("a", "stdout", 5, 2);
  tallies.printed("a", "stderr", 1, 0);
  tallies.printed("b", "stdout", 7, 7);
  tallies.printed("", "stderr", 7, 7);
  assert.deepEqual(tallies.of("a").stdout, { bytes: 15, lines: 3 });
  assert.deepEqual(tallies.of("a").stderr, { bytes: 1, lines: 0 });
  assert.deepEqual(tallies.of("b").stdout, { bytes: 0, lines: 0 });
  nodes.delete("a");
  assert.deepEqual(tallies.of("a").stdout, { bytes: 0, lines: 0 });
});

test("another node of the same name starts at zero, and does not get the end of the one before", () => {
  const { tallies, create, tell, nodes } = meet();
  const first = create("a");
  tell("exited", first, { code: 1 });
  tell("destroyed", first);
  nodes.delete("a");
  const second = create("a");
  tell("exited", first, { signal: "SIGTERM" });
  assert.equal(tallies.of("a").signal, 0);
  assert.equal(tallies.of("a").error, 0);
  tell("exited", second, { code: 2 });
  tell("gone", first);
  assert.equal(tallies.of("a").error, 1);
});

test("CPU time never goes back: not with a node's next process, nor when one of several ends", () => {
  const meter = new CpuMeter();
  const config = { name: "a" };
  const read = (used: number | undefined, pid?: number, node = config) =>
    meter
      .read(
        [{ node, state: "running", generation: 1, since: 0, ...(pid !== undefined && { pid }) }],
        () => used,
      )
      .get("a");
  assert.equal(read(1_000, 1), 1);
  assert.equal(read(1_500, 1), 1.5);
  // A child has ended, and its time is told no more.
  assert.equal(read(700, 1), 1.5);
  assert.equal(read(900, 1), 1.7);
  assert.equal(read(undefined), 1.7);
  assert.equal(read(300, 2), 2);
  assert.equal(read(5_000, 3), 7);
  assert.equal(read(250, 4, { name: "a" }), 0.25);
  assert.equal(meter.read([], () => 1).size, 0);
});
