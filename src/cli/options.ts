/** The command line of `coppice`, as `zeek` has it. */
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import type { CrashOptions } from "../evidence/options.ts";
import type { LogOptions } from "../output/format.ts";
import type { HandedDown } from "../script/args.ts";
import type { RemoteOptions } from "../supervisor/remote-control.ts";
import { CRASH_HELP, CRASH_OPTIONS, crashOptionsOf } from "./crash-options.ts";
import { explain } from "./explain.ts";
import { keepTime, withKeepTime } from "./keep-time.ts";
import { LOG_HELP, LOG_NAMES, LOG_OPTIONS, logOptionsOf } from "./log-options.ts";
import { REMOTE_HELP, REMOTE_OPTIONS, remoteOptionsOf } from "./remote-options.ts";

/** What there is to run, or to print instead. */
export type CommandLine = { print: "help" } | { print: "version" } | RunOptions;

export interface RunOptions {
  print?: undefined;
  supervisor: boolean;
  stateDirectory: string;
  interface?: string;
  pcapFile?: string;
  handedDown: HandedDown;
  remote: RemoteOptions;
  cgroups: boolean;
  crashes: CrashOptions;
  /** Milliseconds. */
  keep?: number;
  log: LogOptions;
}

export const HELP = `Usage: coppice [options] [script...] [name=value...]

Runs scripts; with -j as the Supervisor of a tree of processes.

  script...              .ts, .mts, .js or .mjs; every script node runs them too
  name=value...          definitions, which scripts find in \`args.defines\`

  -j, --supervisor       supervisor mode
  -i, --iface IF         read packets from an interface   (not handed down to nodes)
  -r, --readfile FILE    read packets from a file         (not handed down to nodes)
  -b, --bare-mode        load no base scripts
  -C, --no-checksums     ignore the checksums of packets
  -e, --exec CODE        run this code after the scripts; may be given again
      --state-dir DIR    where the tree keeps its sockets and files (default: .coppice)
      --no-cgroups       give nodes no control groups, where the machine has them
      --keep [SECONDS]   let the nodes live on for so long if the Supervisor is killed, for the
                         next one to take over (default: they end with it; without a number: 60)
${LOG_HELP}${REMOTE_HELP}${CRASH_HELP}  -v, --version          print the version
  -h, --help             print this
`;

/** @param argv without the executable and the script. @throws UsageError */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(argv);
  if (values.help) return { print: "help" };
  if (values.version) return { print: "version" };
  if (values.iface !== undefined && values.readfile !== undefined) {
    throw new UsageError("either an interface (-i) or a file (-r) can be read, not both");
  }
  const remote = remoteOptionsOf(values);
  if (!values.supervisor && (remote.listen ?? remote.websocket) !== undefined) {
    throw new UsageError("--listen and --websocket are for a Supervisor: they need -j");
  }
  const crashes = crashOptionsOf(values);
  const log = logOptionsOf(values);
  const given = SUPERVISORS_OWN.find(
    (name) => values[name] !== undefined && values[name] !== false,
  );
  if (!values.supervisor && given !== undefined)
    throw new UsageError(`--${given} is for a Supervisor: it needs -j`);
  const { scripts, defines } = sortOperands(positionals);
  if (!values.supervisor && scripts.length === 0 && values.exec.length === 0) {
    throw new UsageError("no script to run; see coppice --help");
  }
  return {
    supervisor: values.supervisor,
    stateDirectory: values["state-dir"],
    ...(values.iface === undefined ? {} : { interface: values.iface }),
    ...(values.readfile === undefined ? {} : { pcapFile: captureFile(values.readfile) }),
    handedDown: {
      scripts,
      exec: values.exec,
      directory: process.cwd(),
      bareMode: values["bare-mode"],
      ignoreChecksums: values["no-checksums"],
      defines,
    },
    remote,
    cgroups: !values["no-cgroups"],
    crashes,
    ...(values.keep === undefined ? {} : { keep: keepTime(values.keep) }),
    log,
  };
}

/** Absolute, once; `-` is no file, which whoever reads packets is told. */
function captureFile(name: string): string {
  return name === "-" ? name : path.resolve(name);
}

/** As `parseArgs` of node:util wants them. */
/** What means nothing to a plain process. */
const SUPERVISORS_OWN = [
  "keep",
  "no-cgroups",
  ...LOG_NAMES,
  ...(Object.keys(CRASH_OPTIONS) as (keyof typeof CRASH_OPTIONS)[]),
] as const;

export const OPTIONS = {
  supervisor: { type: "boolean", short: "j", default: false },
  iface: { type: "string", short: "i" },
  readfile: { type: "string", short: "r" },
  "bare-mode": { type: "boolean", short: "b", default: false },
  "no-checksums": { type: "boolean", short: "C", default: false },
  exec: { type: "string", short: "e", multiple: true, default: [] as string[] },
  keep: { type: "string" },
  "state-dir": { type: "string", default: ".coppice" },
  ...LOG_OPTIONS,
  "no-cgroups": { type: "boolean", default: false },
  ...REMOTE_OPTIONS,
  ...CRASH_OPTIONS,
  version: { type: "boolean", short: "v", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

// Not inferred from `parse`, whose errors are ours.
type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;

function parse(argv: readonly string[]): Parsed {
  try {
    return parseArgs({ args: withKeepTime(argv), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${explain(error as Error, Object.keys(OPTIONS))}; see coppice --help`);
  }
}

/** `name=value` is a definition, unless a file is called so. Scripts become absolute, once. */
function sortOperands(operands: readonly string[]): {
  scripts: string[];
  defines: Record<string, string>;
} {
  const scripts: string[] = [];
  const defines: [string, string][] = [];
  for (const operand of operands) {
    const [, name, value] = DEFINITION.exec(operand) ?? [];
    if (name !== undefined && value !== undefined && !fs.existsSync(operand))
      defines.push([name, value]);
    else scripts.push(path.resolve(operand));
  }
  return { scripts, defines: Object.fromEntries(defines) };
}

const DEFINITION = /^([A-Za-z_][\w.:-]*)=(.*)$/s;
