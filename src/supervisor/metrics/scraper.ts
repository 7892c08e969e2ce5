/** Gathers what Prometheus asks for, and tells it. Scrapes that come together share one answer. */
import type { Endpoint, PeerInfo } from "../../broker/endpoint.ts";
import type { Family } from "../../metrics/family.ts";
import { type NodeFacts, nodeFamilies } from "../../metrics/node-families.ts";
import {
  type Connections,
  LOOP_DELAY,
  type OwnFacts,
  ownFamilies,
} from "../../metrics/own-families.ts";
import { LoopDelay } from "../../os/loop-delay.ts";
import { ownUsage } from "../../os/own-usage.ts";
import { usageOfProcess } from "../../os/usage.ts";
import { version } from "../../os/version.ts";
import { endpoint } from "../../script/broker.ts";
import { CpuMeter } from "./cpu-meter.ts";
import { Exposition } from "./exposition.ts";
import type { MetricsSources } from "./routes.ts";

const TURN_MS = 5;

export class Scraper {
  readonly #sources: MetricsSources;
  readonly #exposition = new Exposition();
  readonly #delay = new LoopDelay(this.#exposition.distribution(LOOP_DELAY));
  readonly #cpu = new CpuMeter();
  readonly #version = version();
  /** As bytes, which those who ask at once all get. */
  #scrape: Promise<Uint8Array> | undefined;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  get contentType(): string {
    return this.#exposition.contentType;
  }

  scrape(): Promise<Uint8Array> {
    this.#scrape ??= this.#render().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  /** A thousand nodes have tens of thousands of lines: between families others have their turns. */
  async #render(): Promise<Uint8Array> {
    this.#delay.ask();
    const nodes = await this.#nodeFacts();
    const texts: Uint8Array[] = [];
    let turn = performance.now();
    for await (const text of this.#exposition.texts(families(nodes, this.#ownFacts()))) {
      texts.push(Buffer.from(text));
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise((next) => setImmediate(next));
      turn = performance.now();
    }
    return Buffer.concat(texts);
  }

  async #nodeFacts(): Promise<NodeFacts[]> {
    const { supervisor, api, tallies } = this.#sources;
    const usage = new Map(Object.entries(await api.usage()));
    // What is told together is of one moment, after the processes were looked at.
    const nodes = Object.values(supervisor.status().nodes);
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
      loopActive: performance.eventLoopUtilization().active / 1000,
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
