/** The command line of a Zeek, from its node's configuration. */
import type { NodeConfig, ZeekConfig } from "../core/config.ts";
import { isClustered } from "./layout.ts";
import { type GivenOption, optionWords, splitArguments, type ZeekArguments } from "./options.ts";
import { absoluteScript } from "./paths.ts";
import { STATUS_FILE } from "./status-file.ts";
import { backendOperands, type Version } from "./version.ts";

/** What a command line depends on beyond its node's configuration. */
export interface Circumstances {
  /** Executed where the node names none. */
  executable: string;
  version: Version;
  /** The Supervisor's own options. */
  bareMode: boolean;
  ignoreChecksums: boolean;
  /** The generated script for logs: an absolute path. */
  logScript: string;
  /** What relative names are relative to: an absolute path. */
  base: string;
}

/**
 * A Zeek that is simply executed.
 * @param config `zeekProblem` has nothing to say of it
 */
export function zeekCommand(config: NodeConfig, given: Circumstances): string[] {
  const zeek = config.zeek ?? {};
  const args = argumentsOf(zeek);
  const scripts = [
    ...firstScripts(config, given),
    ...absolute(config.addlBaseScripts, given),
    ...absolute([...(zeek.scripts ?? []), ...args.scripts], given),
    ...absolute(config.addlUserScripts, given),
  ];
  return [
    ...programOf(zeek, given),
    ...options(args.options, given),
    ...((config.bareMode ?? given.bareMode) ? ["-b"] : []),
    ...(config.interface === undefined ? [] : ["-i", config.interface]),
    ...(config.pcapFile === undefined ? [] : ["-r", config.pcapFile]),
    ...["-U", STATUS_FILE],
    // Without any, Zeek would read a script from stdin. This one is loaded in any case.
    ...(scripts.length === 0 ? ["base/init-bare"] : scripts),
    ...afterScripts(args),
  ];
}

/**
 * Zeek's own Stem, which forks the node: interface, file, and the scripts before and after go to it by
 * `nodeJson`. It parses no script, but finds those that are named here: "failed to locate script: X".
 * @param config `zeekProblem` and `stemProblem` have nothing to say of it
 */
export function zeekStemCommand(config: NodeConfig, given: Circumstances): string[] {
  const zeek = config.zeek ?? {};
  const args = argumentsOf(zeek);
  return [
    ...programOf(zeek, given),
    // Takes an argument only if that is attached.
    "-j",
    ...options(args.options, given),
    ...(given.bareMode ? ["-b"] : []),
    ...["-U", STATUS_FILE],
    ...firstScripts(config, given),
    ...absolute([...(zeek.scripts ?? []), ...args.scripts], given),
    ...afterScripts(args),
  ];
}

function programOf(zeek: ZeekConfig, { executable }: Circumstances): string[] {
  return [...(zeek.wrapper ?? []), zeek.executable ?? executable];
}

function options(args: readonly GivenOption[], { ignoreChecksums }: Circumstances): string[] {
  const isGiven = args.some(({ option }) => option.short === "C");
  return [...(ignoreChecksums && !isGiven ? ["-C"] : []), ...args.flatMap(optionWords)];
}

/** The backend comes first, so that scripts can redefine its options. A Zeek alone needs none. */
function firstScripts(config: NodeConfig, given: Circumstances): string[] {
  const { backend, logScript } = config.zeek ?? {};
  const needsBackend = backend !== undefined || isClustered(config);
  return [
    ...absolute(needsBackend ? backendOperands(backend, given.version) : [], given),
    ...(logScript === false ? [] : absolute([logScript ?? given.logScript], given)),
  ];
}

function absolute(scripts: readonly string[] | undefined, { base }: Circumstances): string[] {
  return (scripts ?? []).map((script) => absoluteScript(script, base));
}

function afterScripts({ plugins, assignments, code }: ZeekArguments): string[] {
  return [...plugins, ...assignments, ...(code === undefined ? [] : ["-e", code])];
}

function argumentsOf(zeek: ZeekConfig): ZeekArguments {
  const args = splitArguments(zeek.args ?? []);
  if ("problem" in args) throw new Error(args.problem);
  return args;
}
