/** Gathers what monitoring asks for. Scrapes that come together share one answer. */
import type { Endpoint, PeerInfo } from "../broker/endpoint.ts";
import type { HttpAccess, HttpAnswer } from "../broker/websocket/routes.ts";
import type { NodeStatus } from "../core/status.ts";
import { targetsOf } from "../metrics/discovery.ts";
import { CONTENT_TYPE, type Family, renderFamily } from "../metrics/exposition.ts";
import { livenessProblems, readinessProblems } from "../metrics/health.ts";
import { type NodeFacts, nodeFamilies } from "../metrics/node-families.ts";
import { type Connections, type OwnFacts, ownFamilies } from "../metrics/own-families.ts";
import { LoopDelay } from "../os/loop-delay.ts";
import { ownUsage } from "../os/own-usage.ts";
import { usageOfProcess } from "../os/usage.ts";
import { version } from "../os/version.ts";
import { endpoint } from "../script/broker.ts";
import { CpuMeter } from "./cpu-meter.ts";
import type { MetricsSources } from "./metrics-routes.ts";

export class MetricsPages {
  readonly #sources: MetricsSources;
  readonly #delay = new LoopDelay();
  readonly #cpu = new CpuMeter();
  readonly #version = version();
  /** As bytes, which those who ask at once all get. */
  #scrape: Promise<Uint8Array> | undefined;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  async metrics(): Promise<HttpAnswer> {
    this.#scrape ??= this.#render().finally(() => {
      this.#scrape = undefined;
    });
    return answer(200, CONTENT_TYPE, await this.#scrape);
  }

  services(): HttpAnswer {
    return answer(200, JSON_TYPE, JSON.stringify(targetsOf(this.#nodes())));
  }

  live(access: HttpAccess): HttpAnswer {
    return health(livenessProblems(this.#sources.supervisor.vitals()), access);
  }

  ready(access: HttpAccess): HttpAnswer {
    const { supervisor } = this.#sources;
    return health(readinessProblems(supervisor.vitals(), this.#nodes()), access);
  }

  /** A thousand nodes have tens of thousands of lines: between families others have their turns. */
  async #render(): Promise<Uint8Array> {
    const nodes = await this.#nodeFacts();
    const texts: Uint8Array[] = [];
    let turn = performance.now();
    for (const family of families(nodes, this.#ownFacts())) {
      texts.push(Buffer.from(renderFamily(family)));
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise((next) => setImmediate(next));
      turn = performance.now();
    }
    return Buffer.concat(texts);
  }

  async #nodeFacts(): Promise<NodeFacts[]> {
    const { api, tallies } = this.#sources;
    const usage = new Map(Object.entries(await api.usage()));
    // What is told together is of one moment, after the processes were looked at.
    const nodes = this.#nodes();
    const cpu = this.#cpu.read(nodes, (name) => usage.get(name)?.cpu);
    return nodes.map((status) => {
      const { name } = status.node;
      return {
        status,
        tally: tallies.of(name),
        cpu: cpu.get(name) ?? 0,
        memory: usage.get(name)?.memory ?? 0,
      };
    });
  }

  #nodes(): NodeStatus[] {
    return Object.values(this.#sources.supervisor.status().nodes);
  }

  #ownFacts(): OwnFacts {
    const { supervisor, api, output, requests } = this.#sources;
    const { isLinked, stems, commands } = supervisor.vitals();
    const stem = usageOfProcess(supervisor.stemPid());
    return {
      version: this.#version,
      nodeVersion: process.versions.node,
      stem: {
        isLinked,
        starts: stems,
        cpu: stem && stem.cpu / 1000,
        memory: stem?.memory,
      },
      commands,
      output: output.sinks,
      watchers: api.watchers.size,
      connections: connectionsOf(endpoint()),
      requests: requests.all(),
      loop: {
        active: performance.eventLoopUtilization().active / 1000,
        delay: this.#delay.read(),
      },
      process: ownUsage(),
    };
  }
}

function* families(nodes: readonly NodeFacts[], own: OwnFacts): Generator<Family> {
  yield* nodeFamilies(nodes);
  yield* ownFamilies(own);
}

function connectionsOf({ peers, traffic }: Endpoint): Record<PeerInfo["kind"], Connections> {
  const of = (kind: PeerInfo["kind"]): Connections => {
    const own = [...peers].filter(({ info }) => info.kind === kind);
    const queued = own.reduce((sum, { queued = 0 }) => sum + queued, 0);
    return { ...traffic[kind], open: own.length, queued };
  };
  return { native: of("native"), client: of("client"), server: of("server") };
}

function health(problems: readonly string[], access: HttpAccess): HttpAnswer {
  if (problems.length === 0) return answer(200, TEXT_TYPE, "ok\n");
  const reasons = access === "nothing" ? {} : { reasons: problems };
  return answer(503, JSON_TYPE, `${JSON.stringify({ status: "unavailable", ...reasons })}\n`);
}

function answer(status: number, type: string, body: string | Uint8Array): HttpAnswer {
  return { status, headers: { "Content-Type": type, "Cache-Control": "no-store" }, body };
}

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";
const TURN_MS = 5;
