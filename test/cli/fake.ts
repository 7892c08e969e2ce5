/** A verb's world for tests: a Supervisor that answers as the test says, and all output kept. */

import type { Context } from "../../src/cli/context.ts";
import type { Output } from "../../src/cli/output.ts";
import { runVerb } from "../../src/cli/verb-main.ts";
import { findVerb } from "../../src/cli/verbs.ts";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import type {
  FollowOptions,
  OutputLine,
  Reloaded,
  ReloadOptions,
  TreeEvent,
  Usage,
} from "../../src/core/api.ts";
import type { ClusterEndpoint, NodeConfig, Role } from "../../src/core/config.ts";
import { type CrashRecord, type CrashSummary, summaryOf } from "../../src/core/crash.ts";
import type { Plan } from "../../src/core/plan.ts";
import type { NodeStatus, Status } from "../../src/core/status.ts";
import { NodeConfigError } from "../../src/errors.ts";

export const NOW = new Date(2026, 6, 28, 14, 3, 22, 45).getTime();

export function node(name: string, status: Partial<NodeStatus> = {}): NodeStatus {
  const isUp = (status.state ?? "running") === "running";
  return {
    node: { name },
    state: "running",
    generation: 1,
    since: NOW - 5_000,
    ...(isUp ? { pid: 100 } : {}),
    ...status,
  };
}

/** A node of a cluster whose layout has it and a node of each lower role. */
export function member(name: string, role: Role, status: Partial<NodeStatus> = {}): NodeStatus {
  const entry = (role: Role): ClusterEndpoint => ({ role, host: "127.0.0.1", port: 0 });
  const cluster = {
    "logger-1": entry("LOGGER"),
    manager: entry("MANAGER"),
    "proxy-1": entry("PROXY"),
    [name]: entry(role),
  };
  return node(name, { ...status, node: { name, cluster } });
}

/** A tree of nodes that do at once what they are told. */
export class FakeRemote implements RemoteSupervisor {
  isZeek = false;
  mayControl = true;
  isConnected = true;
  pid: number | undefined = 42;
  isClosed = false;
  nodes: Map<string, NodeStatus>;
  use: Record<string, Usage> = {};
  lines: OutputLine[] = [];
  records: CrashRecord[] = [];
  /** What was asked, in order. */
  readonly asked: string[] = [];
  readonly handlers = new Set<(event: TreeEvent) => void>();
  followOptions: FollowOptions | undefined;
  planned: Plan = { changes: [], notes: [] };
  reloaded: () => Promise<Reloaded> = async () => ({
    kept: [],
    changed: [],
    started: [],
    stopped: [],
  });
  #pid = 200;

  constructor(...nodes: NodeStatus[]) {
    this.nodes = new Map(nodes.map((one) => [one.node.name, one]));
  }

  async create(config: NodeConfig): Promise<NodeStatus> {
    this.asked.push(`create ${JSON.stringify(config)}`);
    if (this.nodes.has(config.name))
      throw new NodeConfigError(`node with name '${config.name}' already exists`);
    const status =
      config.command?.[0] === "/nowhere"
        ? node(config.name, { state: "waiting", node: config, nextStart: NOW + 1000 })
        : node(config.name, { node: config, pid: ++this.#pid });
    this.nodes.set(config.name, status);
    return status;
  }

  async destroy(name = ""): Promise<boolean> {
    this.asked.push(`destroy ${name}`);
    return this.nodes.delete(name);
  }

  async restart(name = ""): Promise<boolean> {
    this.asked.push(`restart ${name}`);
    const known = this.nodes.get(name);
    if (known !== undefined) this.nodes.set(name, { ...known, pid: ++this.#pid });
    return known !== undefined;
  }

  async stopNode(name = ""): Promise<boolean> {
    this.asked.push(`stopNode ${name}`);
    const known = this.nodes.get(name);
    if (known !== undefined) this.nodes.set(name, withoutPid({ ...known, state: "stopped" }));
    return known !== undefined;
  }

  async startNode(name = ""): Promise<boolean> {
    this.asked.push(`startNode ${name}`);
    const known = this.nodes.get(name);
    if (known !== undefined)
      this.nodes.set(name, { ...known, state: "running", pid: known.pid ?? ++this.#pid });
    return known !== undefined;
  }

  async status(name = ""): Promise<Status> {
    const wanted = [...this.nodes].filter(([one]) => name === "" || one === name);
    return { nodes: Object.fromEntries(wanted) };
  }

  async usage(): Promise<Record<string, Usage>> {
    return this.use;
  }

  async crashes(name = ""): Promise<CrashSummary[]> {
    return this.records.filter(({ node }) => name === "" || node === name).map(summaryOf);
  }

  async crash(id: string): Promise<CrashRecord | undefined> {
    return this.records.find((record) => record.id === id);
  }

  async stop(): Promise<void> {
    this.asked.push("stop");
  }

  async plan(): Promise<Plan> {
    this.asked.push("plan");
    return this.planned;
  }

  async reload({ rolling }: ReloadOptions = {}): Promise<Reloaded> {
    this.asked.push(`reload ${rolling ?? "all"}`);
    return this.reloaded();
  }

  watch(handler: (event: TreeEvent) => void): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  tell(event: Partial<TreeEvent>): void {
    for (const handler of this.handlers) handler({ kind: "changed", at: NOW, text: "", ...event });
  }

  follow(handler: (line: OutputLine) => unknown, options?: FollowOptions) {
    this.followOptions = options;
    const all = async () => {
      const { nodes = [] } = options ?? {};
      for (const line of this.lines) {
        if (nodes.length === 0 || nodes.includes(line.node)) await handler(line);
      }
    };
    return { ended: all(), stop() {} };
  }

  close(): void {
    this.isClosed = true;
  }
}

export interface World {
  remote?: RemoteSupervisor;
  isTerminal?: boolean;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  stdin?: string;
  directory?: string;
  connect?: Context["connect"];
  /** Called after each write to stdout. */
  onOutput?: (stdout: string) => void;
  sleep?: Context["sleep"];
  now?: () => number;
  keyboard?: Context["keyboard"];
  onResize?: Context["onResize"];
}

export interface Result {
  status: number;
  stdout: string;
  stderr: string;
  /** What stdout got, as it is. */
  bytes: Buffer;
  /** What was connected to, and with what. */
  connected: Parameters<Context["connect"]>[];
}

/** Runs `coppice` with these arguments, a verb first. */
export async function coppice(argv: string[], world: World = {}): Promise<Result> {
  const { remote = new FakeRemote(), isTerminal = false, env = {}, directory = "/home/me" } = world;
  const connected: Result["connected"] = [];
  const out = new Kept(isTerminal, world);
  const err = new Kept(isTerminal, {});
  const context: Context = {
    connect: async (...args) => {
      connected.push(args);
      return world.connect === undefined ? remote : world.connect(...args);
    },
    stdout: out,
    stderr: err,
    stdin: async () => world.stdin ?? "",
    env,
    directory,
    user: "me",
    now: world.now ?? (() => NOW),
    sleep: world.sleep ?? shortSleep,
    beforeSignal: () => () => {},
    keyboard: world.keyboard ?? (() => undefined),
    onResize: world.onResize ?? (() => () => {}),
  };
  const [name = "", ...rest] = argv;
  const verb = findVerb(name);
  if (verb === undefined) throw new Error(`no verb '${name}'`);
  const status = await runVerb(verb, rest, context);
  return { status, stdout: out.text, stderr: err.text, bytes: out.bytes, connected };
}

class Kept implements Output {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly #parts: Uint8Array[] = [];
  readonly #onOutput: ((stdout: string) => void) | undefined;

  constructor(isTerminal: boolean, { columns, rows, onOutput }: World) {
    this.isTerminal = isTerminal;
    this.columns = columns;
    this.rows = rows;
    this.#onOutput = onOutput;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  get text(): string {
    return this.bytes.toString();
  }

  write(data: string | Uint8Array): void {
    this.#parts.push(Buffer.from(data as string));
    this.#onOutput?.(this.text);
  }

  send(data: Uint8Array): undefined {
    this.write(data);
  }

  async sent(): Promise<void> {}
}

/** Waits as told to, but never long: what is tested is not how long. */
function shortSleep(milliseconds: number, stop?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, Math.min(milliseconds, 20));
    const end = () => {
      clearTimeout(timer);
      done();
    };
    stop?.addEventListener("abort", end);
    if (stop?.aborted) end();
  });
}

function withoutPid({ pid: _pid, ...status }: NodeStatus): NodeStatus {
  return status;
}
