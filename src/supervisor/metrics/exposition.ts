/**
 * Prometheus' text, by its client library. A metric of that library finds its samples by a key made of
 * their labels, in which one node's may look like another's (`a,role:b`), and keeps them. Here they are
 * told as they are handed in, and nothing stays of a node that is gone.
 */
import type { Metric } from "prom-client";
import type { Distribution, Family } from "../../metrics/family.ts";
import { Counter, Gauge, Histogram, Registry } from "./prom-client.ts";

export class Exposition {
  readonly #registry = new Registry();
  /** Those that are not handed in. */
  readonly #own: string[] = [];

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** @returns what counts a value; all of them come behind what is handed in */
  distribution({ name, help, buckets }: Distribution): (value: number) => void {
    const registers = [this.#registry];
    const histogram = new Histogram({ name, help, buckets: [...buckets], registers });
    this.#own.push(name);
    return (value) => histogram.observe(value);
  }

  /** A part at a time: with a thousand nodes each takes its time to make. */
  async *texts(families: Iterable<Family>): AsyncGenerator<string> {
    for (const family of families) yield await this.#once(family);
    for (const name of this.#own) yield await this.#textOf(name);
  }

  async #once(family: Family): Promise<string> {
    this.#registry.registerMetric(metricOf(family));
    try {
      return await this.#textOf(family.name);
    } finally {
      this.#registry.removeSingleMetric(family.name);
    }
  }

  async #textOf(name: string): Promise<string> {
    return `${await this.#registry.getSingleMetricAsString(name)}\n`;
  }
}

function metricOf({ type, name, help, samples }: Family): Metric {
  const config = { name, help, registers: [] };
  const metric = type === "counter" ? new Counter(config) : new Gauge(config);
  const get = metric.get.bind(metric);
  return Object.assign(metric, {
    get: async () => ({ ...(await get()), values: [...samples] }),
  });
}
