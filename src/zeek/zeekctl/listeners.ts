/** The ports that the generated settings have nodes listen on, beyond those of the layout. */
import type { Listener } from "../listeners.ts";
import type { Process } from "./expand.ts";
import type { Ports } from "./ports.ts";
import type { Settings } from "./settings.ts";

export function settingsListeners(
  processes: readonly Process[],
  { backend, metricsPort, metricsAddress }: Settings,
  { xpub, xsub, alone }: Ports,
  hostOf: (process: Process) => string,
): Listener[] {
  const centre = processes.find(({ section }) => /^(manager|standalone)$/.test(section.type));
  if (centre === undefined) return [];
  const node = centre.name;
  const isAlone = centre.section.type === "standalone";
  const hub = [xpub, xsub].map((port) => ({
    node,
    port,
    what: "ZeroMQ",
    hosts: [hostOf(centre)],
  }));
  const peers = isAlone ? [{ node, port: alone.port, what: "its peers" }] : [];
  const metrics = { node, port: alone.metricsPort, what: "metrics" };
  const hosts = metricsAddress === "" ? {} : { hosts: [metricsAddress] };
  return [
    ...(backend === "zeromq" ? hub : peers),
    ...(isAlone && metricsPort !== 0 ? [{ ...metrics, ...hosts }] : []),
  ];
}
