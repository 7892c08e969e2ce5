/** What zeekctl.cfg asks for, with ZeekControl's defaults for what it does not say. */
import { splitArguments } from "../options.ts";
import type { Installation, Problem, Source } from "../plan.ts";
import { isAtLeast } from "../version.ts";
import { envList } from "./node-values.ts";
import type { At } from "./notes.ts";
import { type OptionReader, optionReader } from "./option-reader.ts";
import { shellWords } from "./shell-words.ts";
import { unknown } from "./unknown.ts";
import { minutesOf, readZeekctlCfg } from "./zeekctl-cfg.ts";

export type Backend = "zeromq" | "broker";

export type Settings = ReturnType<typeof programs> &
  ReturnType<typeof cluster> &
  ReturnType<typeof logs> &
  ReturnType<typeof scripts> &
  ReturnType<typeof capture> &
  ReturnType<typeof places>;

/**
 * With problems the settings are good for finding further problems, and for nothing else.
 * @param otherwise the file that problems with defaults are told of, if there is no zeekctl.cfg
 * @returns where an option is set, too
 */
export function readSettings(
  source: Source | undefined,
  otherwise: string,
  installation: Installation,
): { settings: Settings; problems: Problem[]; notes: Problem[]; at: At } {
  const read = source ?? { file: otherwise, text: "" };
  const { given, problems, notes } = readZeekctlCfg(read);
  const options = optionReader(read, given, problems, notes);
  const base = options.directory("ZeekBase", installation.prefix);
  const settings = {
    ...programs(options, base, installation),
    ...cluster(options, installation.version),
    ...logs(options, base),
    ...scripts(options, base, installation),
    ...capture(options),
    ...places(options, base),
  };
  return { settings, problems, notes, at: options.at };
}

function programs(options: OptionReader, base: string, { executable, version }: Installation) {
  const binDir = options.directory("BinDir", `${base}/bin`);
  const isMoved = options.isGiven("ZeekBase") || options.isGiven("BinDir");
  const zeek = options.directory("Zeek", isMoved ? `${binDir}/zeek` : executable);
  if (zeek !== executable) {
    const said = ["Zeek", "BinDir", "ZeekBase"].find(options.isGiven) ?? "Zeek";
    options.note(said, `names another Zeek, ${zeek}, which is taken to be ${version} as well`);
  }
  const memory = options.text("MemLimit", "unlimited");
  const isLimited = memory.toLowerCase() !== "unlimited";
  if (isLimited && !/^[1-9]\d{0,11}$/.test(memory)) {
    options.say("MemLimit", `must be kilobytes or 'unlimited', not '${memory}'`);
  }
  return {
    executable: zeek,
    archiver: `${binDir}/zeek-archiver`,
    /** Kilobytes of address space. */
    memoryLimit: isLimited ? Number(memory) : undefined,
    /** Seconds until SIGKILL. */
    stopTimeout: options.number("StopTimeout", 60),
    env: options.parsed("Env_Vars", envList(options.text("Env_Vars", "")), {}),
  };
}

function cluster(options: OptionReader, version: string) {
  if (options.text("TimeMachineHost", "") !== "") {
    options.say("TimeMachineHost", "is for a Time Machine, which Zeek no longer has: leave it out");
  }
  const metricsAddress = options.text("MetricsAddress", "127.0.0.1");
  if (!/^[\w.:[\]-]*$/.test(metricsAddress)) {
    options.say("MetricsAddress", `must be an address, not '${metricsAddress}'`);
  }
  return {
    backend: backend(options, version),
    // The older default lies among the ports that Linux gives to whoever connects to something.
    zeekPort: options.number("ZeekPort", isAtLeast(version, 5, 2) ? 27_760 : 47_760),
    /** 0: no metrics. */
    metricsPort: options.number("MetricsPort", 9991),
    /** Empty: as Zeek does by itself. */
    metricsAddress,
  };
}

/** ZeroMQ came with Zeek 7.1; it is ZeekControl's default since Zeek's own default is none (8.1). */
function backend(options: OptionReader, version: string): Backend {
  const byDefault = isAtLeast(version, 8, 1) ? "ZeroMQ" : "Broker";
  const word = options.text("ClusterBackend", byDefault);
  const found = BACKENDS.find((name) => name.toLowerCase() === word.toLowerCase());
  if (found === undefined) options.say("ClusterBackend", `: ${unknown("backend", word, BACKENDS)}`);
  if (found === "ZeroMQ" && !isAtLeast(version, 7, 1)) {
    options.say("ClusterBackend", `must be Broker: Zeek ${version} has no other`);
  }
  return found === "Broker" ? "broker" : "zeromq";
}

function logs(options: OptionReader, base: string) {
  const rotationInterval = options.number("LogRotationInterval", 3600);
  const expiry = (minutesOf(options.text("LogExpireInterval", "0")) ?? 0) * 60;
  if (expiry > 0 && expiry < rotationInterval) {
    const rotation = `LogRotationInterval, ${rotationInterval} seconds`;
    options.say("LogExpireInterval", `is shorter than ${rotation}: no log would be kept`);
  }
  const command = options.text("CompressCmd", "gzip");
  if (command.includes(","))
    options.say("CompressCmd", "must not contain ',': zeek-archiver's rule");
  const extension = options.text("CompressExtension", "gz");
  if (!/^\w+$/.test(extension)) {
    options.say("CompressExtension", `must be letters and digits, not '${extension}'`);
  }
  const inFlight = options.number("CompressLogsInFlight", 0);
  const isArchiverAsked = options.isOn("CompressLogs", true) && inFlight === 0;
  return {
    logDir: options.directory("LogDir", `${base}/logs`),
    /** Seconds; 0: logs are not rotated. */
    rotationInterval,
    /** Empty: logs are archived as they are. */
    compressCommand: isArchiverAsked ? command : "",
    compressExtension: extension,
    /** Zeek's own compression, gzip's level; 0: none. */
    compressInFlight: inFlight,
  };
}

function scripts(options: OptionReader, base: string, { zeekPath }: Installation) {
  const names = options.text("SitePolicyScripts", "local.zeek").split(/\s+/).filter(Boolean);
  const odd = names.find((name) => /=|::/.test(name) || name.startsWith("-"));
  if (odd !== undefined) {
    options.say("SitePolicyScripts", `has '${odd}', which Zeek would not take for a script`);
  }
  const site = zeekPath.find((entry) => entry.endsWith("/site")) ?? `${base}/share/zeek/site`;
  const path = colonList(options.text("SitePolicyPath", site));
  const relative = path.find((entry) => !entry.startsWith("/"));
  if (relative !== undefined) {
    options.say("SitePolicyPath", `must be absolute paths, not '${relative}'`);
  }
  return {
    scripts: names,
    path,
    prefixes: colonList(options.text("Prefixes", "local")),
    args: zeekArgs(options),
    saveTraces: options.isOn("SaveTraces", false),
  };
}

function zeekArgs(options: OptionReader): string[] {
  const split = shellWords(options.text("ZeekArgs", ""));
  const wrong = "problem" in split ? split : splitArguments(split.words);
  const words = "problem" in split ? [] : split.words;
  return options.parsed("ZeekArgs", "problem" in wrong ? wrong : { value: words }, []);
}

function capture(options: OptionReader) {
  const type = options.text("PFRINGClusterType", "4-tuple");
  const variable = PF_RING_VARIABLES.get(type);
  if (variable === undefined) {
    options.say("PFRINGClusterType", `: ${unknown("type", type, [...PF_RING_VARIABLES.keys()])}`);
  }
  return {
    /** Bytes of a packet, and megabytes of buffer. */
    snaplen: options.number("PcapSnaplen", 9216),
    bufsize: options.number("PcapBufsize", 128),
    pfRing: {
      /** 0: PF_RING is not set up. */
      id: options.number("PFRINGClusterID", 21),
      variable: variable ?? "",
      firstInstance: options.number("PFRINGFirstAppInstance", 0),
    },
    custom: {
      prefix: options.text("lb_custom.InterfacePrefix", ""),
      suffix: options.text("lb_custom.InterfaceSuffix", ""),
    },
    privateIsLocal: options.isOn("PrivateAddressSpaceIsLocal", true),
  };
}

function places(options: OptionReader, base: string) {
  const spoolDir = options.directory("SpoolDir", `${base}/spool`);
  const extracted = `${spoolDir}/extract_files`;
  const isExtractedInPlace = options.text("FileExtractDir", extracted) === "";
  return {
    spoolDir,
    logQueue: `${spoolDir}/log-queue`,
    /** Empty: extracted files stay where Zeek puts them by itself. */
    fileExtractDir: isExtractedInPlace ? "" : options.directory("FileExtractDir", extracted),
    storeDir: options.directory("DefaultStoreDir", `${spoolDir}/stores`),
    brokerDbDir: options.directory("BrokerDBDir", `${spoolDir}/brokerstore`),
  };
}

function colonList(text: string): string[] {
  return text
    .split(":")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

const BACKENDS: readonly string[] = ["ZeroMQ", "Broker"];

/** The variables by which PF_RING's libpcap learns how to share packets, by ZeekControl's words. */
const PF_RING_VARIABLES: ReadonlyMap<string, string> = new Map([
  ["2-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_FLOW_2_TUPLE"],
  ["4-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_FLOW_4_TUPLE"],
  ["5-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_FLOW_5_TUPLE"],
  ["tcp-5-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_FLOW_TCP_5_TUPLE"],
  ["6-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_FLOW"],
  ["inner-2-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW_2_TUPLE"],
  ["inner-4-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW_4_TUPLE"],
  ["inner-5-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW_5_TUPLE"],
  ["inner-tcp-5-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW_TCP_5_TUPLE"],
  ["inner-6-tuple", "PCAP_PF_RING_USE_CLUSTER_PER_INNER_FLOW"],
]);
