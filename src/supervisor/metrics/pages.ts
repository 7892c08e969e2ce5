/** What monitoring asks for. What makes metrics is loaded with the first scrape: a probe needs none of it. */
import type { HttpAccess, HttpAnswer } from "../../broker/websocket/routes.ts";
import type { NodeStatus } from "../../core/status.ts";
import { targetsOf } from "../../metrics/discovery.ts";
import { livenessProblems, readinessProblems } from "../../metrics/health.ts";
import type { MetricsSources } from "./routes.ts";
import type { Scraper } from "./scraper.ts";

export class MetricsPages {
  readonly #sources: MetricsSources;
  #scraper: Promise<Scraper> | undefined;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  async metrics(): Promise<HttpAnswer> {
    this.#scraper ??= import("./scraper.ts").then((made) => new made.Scraper(this.#sources));
    const scraper = await this.#scraper;
    return answer(200, scraper.contentType, await scraper.scrape());
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

  #nodes(): NodeStatus[] {
    return Object.values(this.#sources.supervisor.status().nodes);
  }
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
