/** What is told of each node, and under which names. */
import type { NodeConfig } from "../core/config.ts";
import { roleOf } from "../core/groups.ts";
import type { NodeState, NodeStatus } from "../core/status.ts";
import type { Family, Labels, Sample } from "./family.ts";

/** What became of a node's processes and was printed by them, since it was created. */
export interface NodeTally {
  /** Ends by status 0; by another; by a signal; and starts that failed. */
  success: number;
  error: number;
  signal: number;
  startFailed: number;
  revivals: number;
  stdout: { bytes: number; lines: number };
  stderr: { bytes: number; lines: number };
}

export interface NodeFacts {
  status: NodeStatus;
  tally: NodeTally;
  /** Seconds of CPU time, of all its processes so far. */
  cpu: number;
  /** Resident memory in bytes. */
  memory: number;
}

/** One at a time: with a thousand nodes each takes its time to make. */
export function* nodeFamilies(nodes: readonly NodeFacts[]): Generator<Family> {
  const known = nodes.map((facts) => ({ facts, sharedLabels: labelsOf(facts.status.node) }));
  const each = (take: (facts: NodeFacts) => number | undefined): Sample[] =>
    known.flatMap(({ facts, sharedLabels }) => {
      const value = take(facts);
      return value === undefined ? [] : [{ labels: NONE, sharedLabels, value }];
    });
  const eachWith = (label: string, valuesOf: (facts: NodeFacts) => [string, number][]): Sample[] =>
    known.flatMap(({ facts, sharedLabels }) =>
      valuesOf(facts).map(([text, value]) => ({ labels: { [label]: text }, sharedLabels, value })),
    );

  yield {
    name: "coppice_node_up",
    type: "gauge",
    help: "Whether a process of the node runs (1) or not (0).",
    samples: each(({ status }) => Number(status.state === "running")),
  };
  yield {
    name: "coppice_node_ready",
    type: "gauge",
    help: "Whether the node runs and is ready, as its configuration has it.",
    samples: each(({ status }) => Number(isReady(status))),
  };
  yield {
    name: "coppice_node_state",
    type: "gauge",
    help: "The state that the node is in has 1, the others 0.",
    samples: eachWith("state", ({ status }) =>
      STATES.map((state) => [state, Number(stateOf(status) === state)]),
    ),
  };
  yield {
    name: "coppice_node_starts_total",
    type: "counter",
    help: "Processes of the node that were started.",
    samples: each(({ status }) => status.generation),
  };
  yield {
    name: "coppice_node_revivals_total",
    type: "counter",
    help: "Starts of the node after a process of it had ended unasked.",
    samples: each(({ tally }) => tally.revivals),
  };
  yield {
    name: "coppice_node_exits_total",
    type: "counter",
    help: "Ends of the node's processes, asked for or not, and starts that failed, by reason.",
    samples: eachWith("reason", ({ tally }) => [
      ["success", tally.success],
      ["error", tally.error],
      ["signal", tally.signal],
      ["start_failed", tally.startFailed],
    ]),
  };
  yield {
    name: "coppice_node_last_exit_time_seconds",
    type: "gauge",
    help: "When the node's last process ended, in Unix time.",
    samples: each(({ status }) => seconds(status.lastExit?.at)),
  };
  yield {
    name: "coppice_node_start_time_seconds",
    type: "gauge",
    help: "When the process of the node that runs was started, in Unix time.",
    samples: each(({ status }) => (status.state === "running" ? seconds(status.since) : undefined)),
  };
  yield {
    name: "coppice_node_next_start_time_seconds",
    type: "gauge",
    help: "When the node that waits for its revival will be started, in Unix time.",
    samples: each(({ status }) => seconds(status.nextStart)),
  };
  yield {
    name: "coppice_node_revival_delay_seconds",
    type: "gauge",
    help: "How long the node that waits for its revival has to wait in all; 0 if it does not wait.",
    samples: each(({ status }) => delayOf(status)),
  };
  yield {
    name: "coppice_node_cpu_seconds_total",
    type: "counter",
    help: "CPU time that the node's processes were seen to have used.",
    samples: each(({ cpu }) => cpu),
  };
  yield {
    name: "coppice_node_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of the node's processes together.",
    samples: each(({ memory }) => memory),
  };
  yield {
    name: "coppice_node_output_bytes_total",
    type: "counter",
    help: "Bytes that the node has written to a stream that Coppice reads.",
    samples: eachWith("stream", ({ tally }) => [
      ["stdout", tally.stdout.bytes],
      ["stderr", tally.stderr.bytes],
    ]),
  };
  yield {
    name: "coppice_node_output_lines_total",
    type: "counter",
    help: "Lines that the node has written to a stream that Coppice reads.",
    samples: eachWith("stream", ({ tally }) => [
      ["stdout", tally.stdout.lines],
      ["stderr", tally.stderr.lines],
    ]),
  };
}

/** By which a node is known everywhere: in its own series, and where its own metrics are found. */
export function labelsOf(config: NodeConfig): Labels & { node: string } {
  const role = roleOf(config)?.toLowerCase();
  return { node: config.name, ...(role !== undefined && { role }), kind: kindOf(config) };
}

/** Whether it runs and is ready. */
export function isReady({ state, ready }: NodeStatus): boolean {
  return state === "running" && ready !== false;
}

/** As `status` has it in its table: one that is done, or was given up, is not just stopped. */
function stateOf({ state, why }: NodeStatus): State {
  return state === "stopped" && (why === "done" || why === "failed") ? why : state;
}

function kindOf(config: NodeConfig): string {
  if (config.zeek !== undefined) return "zeek";
  return config.command === undefined ? "script" : "program";
}

function delayOf({ state, since, nextStart }: NodeStatus): number {
  if (state !== "waiting" || nextStart === undefined) return 0;
  return Math.max(0, nextStart - since) / 1000;
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

const NONE: Labels = {};

type State = NodeState | "done" | "failed";
const STATES: readonly State[] = [
  "pending",
  "running",
  "waiting",
  "stopping",
  "stopped",
  "done",
  "failed",
];
