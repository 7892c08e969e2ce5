/**
 * The evidence of crashes: hears the news of all nodes and all that they print, and has a record made of
 * each death that nobody had asked for. All of it happens beside supervision, and is bounded: what is
 * too much is not recorded, but counted.
 */
import type { NodeConfig } from "../core/config.ts";
import type { CrashKind, CrashRecord, CrashSummary } from "../core/crash.ts";
import type { News } from "../core/life.ts";
import { withPlainPattern } from "../core/readiness.ts";
import type { Exit } from "../core/revival.ts";
import type { NodeStatus } from "../core/status.ts";
import { FileSpans } from "./file-spans.ts";
import { LastWords, type Stream } from "./last-words.ts";
import { firstNext, isSettled, laterNext } from "./next.ts";
import { type Crash, Recorder, type RecorderPorts } from "./recorder.ts";
import type { Sampled } from "./sampler.ts";
import { Skipped } from "./skipped.ts";
import { Thinning } from "./thinning.ts";

export interface EvidencePorts extends RecorderPorts {
  sampler: {
    started(node: string, pid: number): void;
    ended(node: string, pid: number): Sampled | undefined;
    forget(node: string): void;
  };
  /** A name is free for good. */
  forgotten(node: string): void;
  /** Nothing comes any more. */
  closed(): void;
}

interface Death {
  kind: CrashKind;
  exit: Exit;
  /** 0: a start that failed. */
  pid: number;
  at: number;
  reason?: string;
}

export class Evidence {
  readonly #ports: EvidencePorts;
  readonly #words = new LastWords();
  readonly #thinning = new Thinning();
  readonly #files: FileSpans;
  readonly #recorder: Recorder;
  readonly #skipped: Skipped;
  /** The processes that run, by node. */
  readonly #lives = new Map<string, { pid: number; startedAt: number }>();
  /** The last crash of each node. */
  readonly #last = new Map<string, Crash>();
  /** Processes that are ended since they are not well, by node, and why. */
  readonly #blamed = new Map<string, { pid: number; reason: string }>();
  #isClosed = false;

  constructor(ports: EvidencePorts) {
    this.#ports = ports;
    this.#files = new FileSpans(ports.here);
    this.#recorder = new Recorder(ports, this.#words);
    this.#skipped = new Skipped(ports.clock, ports.say);
  }

  /** Bytes that a process has printed; without any, the end of that stream. */
  heard(node: string, pid: number, stream: Stream, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#words.push(node, pid, stream, bytes);
    else this.#words.ended(node, pid, stream);
    if (bytes.length === 0 || pid === 0) this.#recorder.heard(node);
  }

  /** Nothing is heard any more of what is printed. */
  unheard(): void {
    this.#recorder.flush();
    this.#words.disconnected();
  }

  /** The process is going to be ended since it is not well: that will be a crash, though we end it. */
  blame(node: string, pid: number, reason: string): void {
    this.#blamed.set(node, { pid, reason });
  }

  /** The CPU time of a process that has ended, in milliseconds, if it is known. */
  used(node: string, pid: number, cpu: number | undefined): void {
    this.#recorder.used(node, pid, cpu);
  }

  /** @param pid of the process that the news is of */
  news(news: News, pid: number, status: NodeStatus): void {
    const { name } = status.node;
    const at = this.#ports.clock.wall();
    const last = this.#last.get(name);
    const next = last && laterNext(last.next, news, pid, status, at);
    if (last !== undefined && next !== undefined) this.#recorder.settle(last, next);
    switch (news.kind) {
      case "started":
        return this.#started(name, pid, status);
      case "failed":
        return this.#crashed({ kind: "start", exit: {}, pid: 0, at }, status);
      case "exited":
        return this.#exited(news, status, at);
      case "ready":
      case "changed": {
        const isKnown = this.#lives.get(name)?.pid === status.pid;
        // One that an earlier Supervisor saw start.
        if (status.state === "running" && status.pid !== undefined && !isKnown)
          this.#started(name, status.pid, status);
        return;
      }
      default:
        return;
    }
  }

  /** A node was asked for, and has not been started yet. */
  created(config: NodeConfig | undefined): void {
    if (config !== undefined) this.#files.created(config);
  }

  /** A node was told to go: its name is free, and what comes of that name is another's. */
  destroyed(node: string): void {
    const last = this.#last.get(node);
    if (last !== undefined && !isSettled(last.next)) this.#recorder.settle(last, { kind: "told" });
    this.#last.delete(node);
  }

  /** Nothing of a node is left, and there is no other of its name. */
  forget(node: string): void {
    this.#lives.delete(node);
    this.#blamed.delete(node);
    this.#files.forget(node);
    this.#thinning.forget(node);
    this.#words.forget(node);
    this.#ports.sampler.forget(node);
    this.#ports.forgotten(node);
  }

  /** `SupervisorApi.crashes`. */
  async crashes(node = ""): Promise<CrashSummary[]> {
    return (await this.#ports.store()).list(node);
  }

  /** `SupervisorApi.crash`. */
  async crash(id: string): Promise<CrashRecord | undefined> {
    return (await this.#ports.store()).get(id);
  }

  /** Finishes what is in the making. Resolves when it is on disk, or after `ms`. */
  flush(ms: number): Promise<void> {
    return this.#recorder.close(ms);
  }

  /** The same at the end: from now on there are no crashes. */
  async close(ms: number): Promise<void> {
    this.#isClosed = true;
    this.#skipped.close();
    await this.#recorder.close(ms);
    this.#ports.closed();
  }

  #started(node: string, pid: number, { since }: NodeStatus): void {
    this.#lives.set(node, { pid, startedAt: since });
    this.#words.started(node, pid);
    this.#ports.sampler.started(node, pid);
  }

  #exited(news: Extract<News, { kind: "exited" }>, status: NodeStatus, now: number): void {
    const { pid, exit, premature } = news;
    const { name } = status.node;
    const at = status.lastExit?.at ?? now;
    const blamed = this.#blamed.get(name);
    this.#blamed.delete(name);
    const { unhealthy: reason = blamed?.pid === pid ? blamed.reason : undefined, ...how } = exit;
    if (reason !== undefined)
      return this.#crashed({ kind: "unhealthy", exit: how, pid, at, reason }, status);
    if (premature) return this.#crashed({ kind: "exit", exit, pid, at }, status);
    this.#over(name, pid);
    this.#files.ended(status.node);
    this.#words.letGo(this.#words.dies(name, pid), streamsOf(status.node));
  }

  #crashed({ kind, exit, pid, at, reason }: Death, status: NodeStatus): void {
    const { node, generation } = status;
    const { name } = node;
    const { sample, startedAt } = this.#over(name, pid);
    const hasRun = pid !== 0;
    // A start that failed has written nothing there.
    const files = hasRun ? this.#files.ended(node) : {};
    const held = hasRun ? this.#words.dies(name, pid) : undefined;
    const streams = streamsOf(node);
    const isRecorded =
      !this.#isClosed &&
      !this.#recorder.isFull &&
      this.#thinning.admits(name, this.#ports.clock.now());
    if (!isRecorded) {
      this.#words.letGo(held ?? this.#words.dies(name, 0), streams);
      this.#last.delete(name);
      return this.#skip(name);
    }
    const unrecorded = this.#thinning.takeSkipped(name);
    const crash: Crash = {
      facts: {
        at,
        node: name,
        kind,
        exit,
        ...(reason === undefined ? {} : { reason }),
        ...(hasRun ? { pid } : {}),
        generation,
        ...(startedAt === undefined ? {} : { startedAt, lived: Math.max(0, at - startedAt) }),
        ...(unrecorded === 0 ? {} : { unrecorded }),
        config: withPlainPattern(node),
      },
      held,
      files,
      streams,
      sample,
      next: firstNext(status),
    };
    this.#last.set(name, crash);
    this.#recorder.record(crash);
  }

  /** The process does not run any more. */
  #over(node: string, pid: number): { sample: Sampled | undefined; startedAt?: number } {
    const sample = this.#ports.sampler.ended(node, pid);
    const life = this.#lives.get(node);
    if (life?.pid !== pid) return { sample };
    this.#lives.delete(node);
    return { sample, startedAt: life.startedAt };
  }

  #skip(node: string): void {
    if (this.#isClosed) return;
    this.#thinning.skipped(node);
    this.#skipped.add();
  }
}

/** Those that do not go to files. */
function streamsOf({ stdoutFile, stderrFile }: NodeConfig): Stream[] {
  return [
    ...(stdoutFile === undefined ? (["stdout"] as const) : []),
    ...(stderrFile === undefined ? (["stderr"] as const) : []),
  ];
}
