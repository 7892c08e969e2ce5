/** What a Supervisor tells monitoring over plain HTTP; what makes the answers is loaded with the first. */
import type { HttpAnswer, HttpRequest, HttpRoute } from "../../broker/websocket/routes.ts";
import type { RequestCounts } from "../../control/request-counts.ts";
import type { LocalApi } from "../local-api.ts";
import type { Console } from "../output/own-output.ts";
import type { Supervisor } from "../supervisor.ts";
import type { MetricsPages } from "./pages.ts";
import type { Tallies } from "./tallies.ts";

/** What the answers are made of. */
export interface MetricsSources {
  supervisor: Supervisor;
  api: LocalApi;
  tallies: Tallies;
  output: Console;
  requests: RequestCounts;
}

/** @param sources called with the first request */
export function metricsRoutes(sources: () => MetricsSources): HttpRoute[] {
  let loading: Promise<MetricsPages> | undefined;
  const page =
    (act: (pages: MetricsPages, request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>) =>
    async (request: HttpRequest): Promise<HttpAnswer> => {
      loading ??= import("./pages.ts").then((made) => new made.MetricsPages(sources()));
      return act(await loading, request);
    };
  return [
    { path: "/metrics", handle: page((pages) => pages.metrics()) },
    { path: "/services.json", handle: page((pages) => pages.services()) },
    // Those who look after containers have no token; what is wrong they are not told.
    { path: "/healthz", isOpen: true, handle: page((pages, { access }) => pages.live(access)) },
    { path: "/readyz", isOpen: true, handle: page((pages, { access }) => pages.ready(access)) },
  ];
}
