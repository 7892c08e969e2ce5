/**
 * What is used of the package `prom-client`. Its own entry brings quantiles, tracing and a gateway's
 * client along, which cost megabytes of every Supervisor that is scraped, and a hundred files of the image
 * (src/os/image.ts, which holds the files that these need).
 */
import module from "node:module";
import type * as client from "prom-client";

const require = module.createRequire(import.meta.url);

export const Registry: typeof client.Registry = require("prom-client/lib/registry.js");
export const Counter: typeof client.Counter = require("prom-client/lib/counter.js");
export const Gauge: typeof client.Gauge = require("prom-client/lib/gauge.js");
export const Histogram: typeof client.Histogram = require("prom-client/lib/histogram.js");
