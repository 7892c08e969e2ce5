/**
 * What is used of the package `prom-client`. Its own entry brings quantiles, tracing and a gateway's
 * client along, which cost megabytes of every Supervisor that is scraped, and a hundred files of the image
 * (src/os/image.ts, which holds the files that these need).
 */
export { default as Counter } from "prom-client/lib/counter.js";
export { default as Gauge } from "prom-client/lib/gauge.js";
export { default as Histogram } from "prom-client/lib/histogram.js";
export { default as Registry } from "prom-client/lib/registry.js";
