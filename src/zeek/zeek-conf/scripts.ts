/** Small scripts that say what a file says, loaded before the user's own, which can say otherwise. */
import type { ZeekConfig } from "../../core/config.ts";
import { backendArguments } from "./backend-args.ts";
import type { Dialect } from "./dialect.ts";
import type { Settings } from "./settings.ts";
import type { Env } from "./substitution.ts";
import { isIPv6 } from "./values.ts";

/** @param env of the node */
export function settingsScripts(settings: Settings, dialect: Dialect, env: Env): ZeekConfig {
  const files = { ...metricsScript(settings, dialect, env), ...ipv6Script(settings) };
  const scripts = Object.keys(files);
  return scripts.length === 0 ? {} : { scripts, files };
}

/** Zeek's layout generator puts this into the layout: without it metrics are open to everybody. */
function metricsScript({ zeek }: Settings, dialect: Dialect, env: Env): Record<string, string> {
  if (zeek.metrics_port.value === 0) return {};
  const host = zeek.metrics_address.value ?? zeek.address.value;
  const own = dialect === "9.0" ? env["ZEEK_TELEMETRY_LISTEN_ADDRESS"] : undefined;
  const address = own ?? (isIPv6(host) ? `[${host}]` : host);
  const text = `redef Telemetry::metrics_address = ${JSON.stringify(address)};\n`;
  return { "coppice-metrics-address.zeek": text };
}

/** Most Zeeks leave ZMQ_IPV6 off, and a logger could not bind its port: "No such device". */
function ipv6Script({ zeek }: Settings): Record<string, string> {
  const { backend } = backendArguments(zeek.cluster_backend_args.value);
  if (!isIPv6(zeek.address.value) || !backend.some((word) => word.includes("zeromq"))) return {};
  const option = "Cluster::Backend::ZeroMQ::ipv6";
  return { "coppice-ipv6.zeek": `@ifdef ( ${option} )\nredef ${option} = T;\n@endif\n` };
}
