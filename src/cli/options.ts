/** The command line of `coppice`, as `zeek` has it. */
import fs from "node:fs";
import path from "node:path";
import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../errors.ts";
import type { HandedDown } from "../script/args.ts";

export interface CommandLine {
  supervisor: boolean;
  stateDirectory: string;
  interface?: string;
  pcapFile?: string;
  handedDown: HandedDown;
}

/**
 * @param argv without the executable and the script
 * @returns undefined if there is nothing to run: help or the version was asked for, and printed
 * @throws UsageError
 */
export function parseCommandLine(
  argv: readonly string[],
  version: string,
): CommandLine | undefined {
  const command = define(version);
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(
      `${error.message.replace(/^error: /, "").replaceAll("\n", " ")}; see coppice --help`,
    );
  }
  const options = command.opts<Options>();
  if (options.iface !== undefined && options.readfile !== undefined) {
    throw new UsageError("either an interface (-i) or a file (-r) can be read, not both");
  }
  const { scripts, defines } = sortOperands(command.args);
  const supervisor = options.supervisor ?? false;
  if (!supervisor && scripts.length === 0 && options.exec.length === 0) {
    throw new UsageError("no script to run; see coppice --help");
  }
  return {
    supervisor,
    stateDirectory: options.stateDir,
    ...(options.iface === undefined ? {} : { interface: options.iface }),
    ...(options.readfile === undefined ? {} : { pcapFile: path.resolve(options.readfile) }),
    handedDown: {
      scripts,
      exec: options.exec,
      bareMode: options.bareMode ?? false,
      ignoreChecksums: !options.checksums,
      defines,
    },
  };
}

interface Options {
  supervisor?: boolean;
  iface?: string;
  readfile?: string;
  bareMode?: boolean;
  checksums: boolean;
  exec: string[];
  stateDir: string;
}

function define(version: string): Command {
  return new Command("coppice")
    .usage("[options] [script...] [name=value...]")
    .description("Runs scripts; with -j as the Supervisor of a tree of processes.")
    .argument("[operand...]", "scripts to run, and definitions that they find in `args.defines`")
    .addOption(new Option("-j, --supervisor", "supervisor mode"))
    .addOption(
      new Option("-i, --iface <IF>", "read packets from an interface (not handed down to nodes)"),
    )
    .addOption(
      new Option("-r, --readfile <FILE>", "read packets from a file (not handed down to nodes)"),
    )
    .addOption(new Option("-b, --bare-mode", "load no base scripts"))
    .addOption(new Option("-C, --no-checksums", "ignore checksums of packets"))
    .addOption(
      new Option("-e, --exec <CODE>", "run code after the scripts (may be repeated)")
        .argParser((code: string, codes: string[]) => [...codes, code])
        .default([], "none"),
    )
    .addOption(
      new Option("--state-dir <DIR>", "where the tree keeps its sockets and files").default(
        ".coppice",
      ),
    )
    .version(version, "-v, --version")
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
}

/** `name=value` is a definition, unless a file is called so. Scripts become absolute, once. */
function sortOperands(operands: readonly string[]): {
  scripts: string[];
  defines: Record<string, string>;
} {
  const scripts: string[] = [];
  const defines: Record<string, string> = {};
  for (const operand of operands) {
    const [, name, value] = DEFINITION.exec(operand) ?? [];
    if (name !== undefined && value !== undefined && !fs.existsSync(operand)) defines[name] = value;
    else scripts.push(path.resolve(operand));
  }
  return { scripts, defines };
}

const DEFINITION = /^([A-Za-z_][\w.:-]*)=(.*)$/s;
