/** What the Supervisor tells of itself, of the Stem, and of those connected to it. */
import type { Distribution, Family, Sample } from "./family.ts";

/** Seconds, bytes and counts, all since this Supervisor was started. */
export interface OwnFacts {
  version: string;
  nodeVersion: string;
  stem: { isLinked: boolean; starts: number; cpu: number | undefined; memory: number | undefined };
  /** Commands on their way to the Stem. */
  commands: number;
  output: Record<"stdout" | "stderr", { queued: number; written: number }>;
  watchers: number;
  /** By the kind of the connection. */
  connections: Record<ConnectionKind, Connections>;
  requests: readonly { protocol: string; method: string; outcome: string; count: number }[];
  loopActive: number;
  process: {
    cpu: number;
    startTime: number;
    memory: number;
    heap: number;
    openFiles: number | undefined;
    mostFiles: number | undefined;
  };
}

/** A Broker peer, a client of a WebSocket listener, or a WebSocket server that is used. */
export type ConnectionKind = "native" | "client" | "server";

export interface Connections {
  open: number;
  /** Bytes that wait to be sent. */
  queued: number;
  received: number;
  sent: number;
}

/** In seconds. */
export const LOOP_DELAY: Distribution = {
  name: "coppice_event_loop_delay_seconds",
  help: "How late the Supervisor's event loop is, looked at once a second while metrics are asked for.",
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
};

export function* ownFamilies(facts: OwnFacts): Generator<Family> {
  const { stem, output } = facts;
  const streams = (take: (one: { queued: number; written: number }) => number): Sample[] =>
    (["stdout", "stderr"] as const).map((stream) => ({
      labels: { stream },
      value: take(output[stream]),
    }));
  const kinds = (take: (one: Connections) => number): Sample[] =>
    KINDS.map((kind) => ({ labels: { kind }, value: take(facts.connections[kind]) }));

  yield {
    name: "coppice_build_info",
    type: "gauge",
    help: "Always 1: the versions of Coppice and of the Node.js that it runs on.",
    samples: [{ labels: { version: facts.version, node_version: facts.nodeVersion }, value: 1 }],
  };
  yield gauge(
    "coppice_stem_linked",
    "Whether a Stem is connected (1) or not (0).",
    Number(stem.isLinked),
  );
  yield counter("coppice_stem_starts_total", "Stems that were started.", stem.starts);
  yield counter(
    "coppice_stem_cpu_seconds_total",
    "CPU time of the Stem that runs, without its nodes.",
    stem.cpu,
  );
  yield gauge(
    "coppice_stem_resident_memory_bytes",
    "Resident memory of the Stem, without its nodes.",
    stem.memory,
  );
  yield gauge(
    "coppice_commands_queued",
    "Commands for the Stem that were not sent yet.",
    facts.commands,
  );
  yield {
    name: "coppice_output_queued_bytes",
    type: "gauge",
    help: "Bytes that wait to be written to the Supervisor's own stdout or stderr.",
    samples: streams(({ queued }) => queued),
  };
  yield {
    name: "coppice_output_written_bytes_total",
    type: "counter",
    help: "Bytes that were written to the Supervisor's own stdout or stderr.",
    samples: streams(({ written }) => written),
  };
  yield gauge(
    "coppice_watchers",
    "Who is told of everything that happens in the tree.",
    facts.watchers,
  );
  yield {
    name: "coppice_connections",
    type: "gauge",
    help: "Connections for remote control and events that are open.",
    samples: kinds(({ open }) => open),
  };
  yield {
    name: "coppice_connections_queued_bytes",
    type: "gauge",
    help: "Bytes that wait to be sent on those connections.",
    samples: kinds(({ queued }) => queued),
  };
  yield {
    name: "coppice_messages_received_total",
    type: "counter",
    help: "Messages that came in on such connections.",
    samples: kinds(({ received }) => received),
  };
  yield {
    name: "coppice_messages_sent_total",
    type: "counter",
    help: "Messages that were given to such connections to be sent.",
    samples: kinds(({ sent }) => sent),
  };
  yield {
    name: "coppice_control_requests_total",
    type: "counter",
    help: "Requests of remote control that were answered, by what came of them.",
    samples: facts.requests.map(({ count, protocol, method, outcome }) => ({
      labels: { protocol, method, outcome },
      value: count,
    })),
  };
  yield counter(
    "coppice_event_loop_active_seconds_total",
    "Time in which the Supervisor's event loop was at work, and not waiting.",
    facts.loopActive,
  );
  yield* processFamilies(facts.process);
}

/** Under the names that every client library of Prometheus has for them. */
function* processFamilies(facts: OwnFacts["process"]): Generator<Family> {
  yield counter("process_cpu_seconds_total", "CPU time of the Supervisor.", facts.cpu);
  yield gauge(
    "process_start_time_seconds",
    "When the Supervisor was started, in Unix time.",
    facts.startTime,
  );
  yield gauge("process_resident_memory_bytes", "Resident memory of the Supervisor.", facts.memory);
  yield gauge("process_open_fds", "Files that the Supervisor has open.", facts.openFiles);
  yield gauge("process_max_fds", "How many files it may have open.", facts.mostFiles);
  yield gauge(
    "nodejs_heap_size_used_bytes",
    "Memory that JavaScript objects take in the Supervisor.",
    facts.heap,
  );
}

function gauge(name: string, help: string, value: number | undefined): Family {
  return { name, type: "gauge", help, samples: value === undefined ? [] : [{ labels: {}, value }] };
}

function counter(name: string, help: string, value: number | undefined): Family {
  return { ...gauge(name, help, value), type: "counter" };
}

const KINDS: readonly ConnectionKind[] = ["native", "client", "server"];
