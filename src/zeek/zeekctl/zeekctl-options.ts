/** Every option of ZeekControl's, and what becomes of it here. */

/** "used": it changes the plan. All others change nothing, and are told of together. */
export type Fate = "used" | keyof typeof FATES;

export interface ZeekctlOption {
  name: string;
  type: "bool" | "int" | "string" | "interval";
  fate: Fate;
  /** The least and the greatest number. */
  range?: readonly [number, number];
  /** Values that ask for nothing that Coppice does not do: they are not worth a note. */
  quiet?: readonly string[];
}

/** What takes the place of options that mean nothing here. */
export const FATES = {
  mail: "Coppice sends no mail: 'coppice events' tells what happens",
  cron: "there is no cron run: nodes are watched all the time",
  statistics: "no stats.log is written: each node's metrics port has its figures",
  expiry: "nothing is deleted from LogDir here: have systemd-tmpfiles or find do that",
  crashes: "no crash directories are made: what a node printed stays with 'coppice logs'",
  status: "'coppice status' has columns of its own, and --json",
  control:
    "Zeek is not asked over its WebSocket: for other clients of it, load frameworks/cluster/websocket/server",
  timeouts: "commands do not wait for other hosts",
  stopping: "stopping never waits for the archive: the archiver goes on by itself",
  hosts: "other hosts are not run yet",
  archive: "zeek-archiver names the files in LogDir",
  files: "the other files are found beside this one, or where the command line says",
  plugins: "plugins of ZeekControl's are not run",
  inside: "ZeekControl's own files are not used",
} as const;

const NUMBER: readonly [number, number] = [0, Number.MAX_SAFE_INTEGER];
const PORT: readonly [number, number] = [0, 65_535];

export const OPTIONS: readonly ZeekctlOption[] = [
  ...used("string", "ZeekArgs", "ClusterBackend", "MetricsAddress", "LogDir", "SpoolDir"),
  ...used("string", "CompressCmd", "CompressExtension", "SitePolicyScripts", "SitePolicyPath"),
  ...used("string", "Prefixes", "MemLimit", "Env_Vars", "FileExtractDir", "DefaultStoreDir"),
  ...used("string", "BrokerDBDir", "PFRINGClusterType", "Zeek", "BinDir", "ZeekBase"),
  ...used("string", "TimeMachineHost", "lb_custom.InterfacePrefix", "lb_custom.InterfaceSuffix"),
  ...used("bool", "CompressLogs", "SaveTraces", "PrivateAddressSpaceIsLocal"),
  ...used("int", "StopTimeout", "LogRotationInterval", "PcapSnaplen", "PcapBufsize"),
  ...used("int", "PFRINGClusterID", "PFRINGFirstAppInstance"),
  { name: "ZeekPort", type: "int", fate: "used", range: [1, 65_535] },
  { name: "MetricsPort", type: "int", fate: "used", range: PORT },
  { name: "CompressLogsInFlight", type: "int", fate: "used", range: [0, 9] },

  ...idle("mail", "string", [], "MailTo", "MailFrom", "MailReplyTo", "MailSubjectPrefix"),
  ...idle("mail", "string", [""], "SendMail", "MailAlarmsTo"),
  ...idle("mail", "int", ["0"], "MailAlarmsInterval"),
  ...idle("mail", "bool", ["0", "false"], "MailHostUpDown", "MailReceivingPackets"),
  ...idle("mail", "bool", ["0", "false"], "MailConnectionSummary", "MailArchiveLogFail"),
  ...idle("cron", "string", [""], "CronCmd"),
  ...idle("cron", "int", ["0"], "MinDiskSpace"),
  ...idle("statistics", "bool", ["0", "false"], "StatsLogEnable"),
  ...idle("statistics", "int", ["0"], "StatsLogExpireInterval"),
  ...idle("expiry", "interval", ["0"], "LogExpireInterval"),
  ...idle("expiry", "string", [""], "KeepLogs"),
  ...idle("crashes", "int", ["0"], "CrashExpireInterval"),
  ...idle("status", "bool", ["0", "false"], "StatusCmdShowAll"),
  ...idle("status", "string", [], "TimeFmt"),
  ...idle("control", "bool", ["0", "false"], "UseWebSocket"),
  ...idle("control", "string", [], "WebSocketHost", "ControlTopic"),
  ...idle("control", "int", [], "WebSocketTimeout", "CommTimeout"),
  { name: "WebSocketPort", type: "int", fate: "control", range: PORT },
  ...idle("timeouts", "int", [], "CommandTimeout"),
  ...idle("stopping", "bool", ["0", "false"], "StopWait"),
  ...idle("hosts", "bool", ["0", "false"], "HaveNFS"),
  ...idle("archive", "string", [], "MakeArchiveName"),
  ...idle("files", "string", [], "CfgDir", "NodeCfg", "LocalNetsCfg"),
  ...idle("plugins", "string", [""], "SitePluginPath"),
  ...idle("plugins", "string", [], "PluginDir", "PluginZeekDir"),
  ...idle("inside", "bool", ["0", "false"], "Debug", "StandAlone"),
  ...idle("inside", "int", [], "LogExpireMinutes"),
  ...idle(
    "inside",
    "string",
    [],
    "Version",
    "OS",
    "Time",
    "ScriptsDir",
    "PostProcDir",
    "HelperDir",
  ),
  ...idle("inside", "string", [], "PolicyDir", "StaticDir", "LibDir", "LibDir64", "LibDirInternal"),
  ...idle("inside", "string", [], "TmpDir", "TmpExecDir", "StatsDir", "TraceSummary"),
  ...idle("inside", "string", [], "CapstatsPath", "StateFile", "LockFile", "DebugLog", "StatsLog"),
  ...idle("inside", "string", [], "PolicyDirSiteInstall", "PolicyDirSiteInstallAuto"),
  ...idle("inside", "string", [], "ZeekCtlConfigDir", "TimeMachinePort", "ClusterTopicSeparator"),
];

/** Names from before Zeek had its name; ZeekControl refuses them too. */
export const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ["broport", "ZeekPort"],
  ["broargs", "ZeekArgs"],
  ["brobase", "ZeekBase"],
  ["bro", "Zeek"],
  ["pluginbrodir", "PluginZeekDir"],
  ["broctlconfigdir", "ZeekCtlConfigDir"],
]);

function used(type: ZeekctlOption["type"], ...names: string[]): ZeekctlOption[] {
  return names.map((name) => withRange({ name, type, fate: "used" }));
}

function idle(
  fate: Fate,
  type: ZeekctlOption["type"],
  quiet: readonly string[],
  ...names: string[]
): ZeekctlOption[] {
  return names.map((name) => withRange({ name, type, fate, quiet }));
}

function withRange(option: ZeekctlOption): ZeekctlOption {
  return option.type === "int" ? { ...option, range: NUMBER } : option;
}
