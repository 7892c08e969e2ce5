/** The scripts that tell a Zeek what the configuration files say. All nodes get the same text. */
import type { Process } from "./expand.ts";
import type { LocalNetwork } from "./networks-cfg.ts";
import type { Ports } from "./ports.ts";
import type { Settings } from "./settings.ts";

/** The names under which they are loaded: none that Zeek, ZeekControl or a site uses. */
export const SETTINGS_SCRIPT = "coppice-settings";
export const NETWORKS_SCRIPT = "coppice-networks";

/** Adds to what a site's scripts say, and does not replace it. */
export function networksScript(networks: readonly LocalNetwork[]): string {
  const entries = networks.map(({ address, prefix, tag }) => {
    const net = address.includes(":") ? `[${address}]/${prefix}` : `${address}/${prefix}`;
    const comment = tag.replace(/^#+\s*/, "");
    return `\t${net},${comment === "" ? "" : ` # ${comment}`}`;
  });
  return lines("@load base/utils/site", "redef Site::local_nets += {", ...entries, "};");
}

/** @param hostOf a process's address */
export function settingsScript(
  processes: readonly Process[],
  settings: Settings,
  ports: Ports,
  hostOf: (process: Process) => string,
  seed: string,
): string {
  const centre = processes.find(({ section }) => /^(manager|standalone)$/.test(section.type));
  const address = centre === undefined ? "127.0.0.1" : hostOf(centre);
  const alone = processes.find(({ section }) => section.type === "standalone");
  return lines(
    "@load base/frameworks/cluster",
    "@load base/files/extract",
    `redef global_hash_seed = ${quoted(seed)};`,
    `redef Pcap::snaplen = ${settings.snaplen};`,
    `redef Pcap::bufsize = ${settings.bufsize};`,
    `redef Cluster::default_store_dir = ${quoted(settings.storeDir)};`,
    ...ifKnown("Broker::table_store_db_directory", quoted(settings.brokerDbDir)),
    ...(settings.privateIsLocal
      ? []
      : ["@load base/utils/site", "redef Site::private_address_space_is_local = F;"]),
    ...extraction(settings.fileExtractDir, alone),
    ...rotation(processes, settings, alone),
    ...metrics(settings, ports, alone),
    ...backend(settings, ports, address, processes.map(hostOf), alone),
    ...afPacket(processes),
  );
}

function extraction(directory: string, alone: Process | undefined): string[] {
  if (directory === "") return [];
  const prefix =
    alone === undefined
      ? `${quoted(`${directory}/`)} + Cluster::node`
      : quoted(`${directory}/${alone.name}`);
  return [`redef FileExtract::prefix = ${prefix};`];
}

/** Other nodes than those that write logs rotate nothing, and keep Zeek's own interval. */
function rotation(
  processes: readonly Process[],
  settings: Settings,
  alone: Process | undefined,
): string[] {
  const interval = `redef Log::default_rotation_interval = ${settings.rotationInterval} secs;`;
  const compression =
    settings.compressInFlight === 0
      ? []
      : [
          `redef LogAscii::gzip_level = ${settings.compressInFlight};`,
          `redef LogAscii::gzip_file_extension = ${quoted(settings.compressExtension)};`,
        ];
  if (alone !== undefined) {
    // The script that moves a logger's logs into the queue does not know a node without a cluster.
    // What is loaded sets an interval of its own, so ours comes after it.
    return [
      "@load base/frameworks/cluster/nodes/logger",
      interval,
      'redef Log::default_rotation_postprocessor_cmd = "";',
      `redef Log::default_rotation_dir = ${quoted(settings.logQueue)};`,
      "redef Log::rotation_format_func = archiver_rotation_format_func;",
      "redef LogAscii::enable_leftover_log_rotation = T;",
      ...compression,
    ];
  }
  const hasLogger = processes.some(({ section }) => section.type === "logger");
  const writer = hasLogger ? "Cluster::LOGGER" : "Cluster::MANAGER";
  return [`@if ( Cluster::local_node_type() == ${writer} )`, interval, "@endif", ...compression];
}

function metrics(settings: Settings, { alone }: Ports, process: Process | undefined): string[] {
  if (settings.metricsPort === 0) return [];
  const { metricsAddress: address } = settings;
  const port =
    process === undefined ? [] : ifKnown("Telemetry::metrics_port", `${alone.metricsPort}/tcp`);
  if (address === "") return port;
  // A site that has set it means it.
  const redef = `redef Telemetry::metrics_address = ${quoted(bracketed(address))};`;
  const unset = "@if ( |Telemetry::metrics_address| == 0 )";
  const known = "@ifdef ( Telemetry::metrics_address )";
  return [...port, known, unset, redef, "@endif", "@endif"];
}

/** Mind the crossing: what a node publishes goes to the proxy's XSUB, and comes out of its XPUB. */
function backend(
  settings: Settings,
  ports: Ports,
  address: string,
  hosts: readonly string[],
  alone: Process | undefined,
): string[] {
  if (settings.backend === "broker") {
    if (alone === undefined) return [];
    return [
      "@load base/frameworks/broker",
      `redef Broker::default_port = ${ports.alone.port}/tcp;`,
      "event zeek_init() { Broker::listen(); }",
    ];
  }
  const [xpub, xsub] = [ports.xpub, ports.xsub].map((port) =>
    quoted(`tcp://${bracketed(address)}:${port}`),
  );
  const module = "Cluster::Backend::ZeroMQ";
  return [
    `redef ${module}::listen_xpub_endpoint = ${xpub};`,
    `redef ${module}::listen_xsub_endpoint = ${xsub};`,
    `redef ${module}::connect_xpub_endpoint = ${xsub};`,
    `redef ${module}::connect_xsub_endpoint = ${xpub};`,
    // A logger listens at its own address.
    ...(hosts.some((host) => host.includes(":")) ? ifKnown(`${module}::ipv6`, "T") : []),
    ...(alone === undefined ? [] : [`redef ${module}::run_proxy_thread = T;`]),
  ];
}

function afPacket(processes: readonly Process[]): string[] {
  return processes.flatMap(({ name, section }) =>
    section.afPacket.length === 0
      ? []
      : [
          `@if ( Cluster::node == ${quoted(name)} )`,
          ...section.afPacket.map(({ option, value }) => `redef AF_Packet::${option} = ${value};`),
          "@endif",
        ],
  );
}

/** For what not every version of Zeek has. */
function ifKnown(id: string, value: string): string[] {
  return [`@ifdef ( ${id} )`, `redef ${id} = ${value};`, "@endif"];
}

function bracketed(address: string): string {
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function lines(...all: string[]): string {
  return `${["# Made by Coppice from ZeekControl's files: whatever is changed here is lost.", ...all].join("\n")}\n`;
}
