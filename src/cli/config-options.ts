/** A node's configuration, as the options of `coppice create` say it. */
import os from "node:os";
import path from "node:path";
import type { NodeConfig, OutputConfig, Ready } from "../core/config.ts";
import { byteCount } from "../core/output-file.ts";
import { HEALTH_OPTIONS, healthFrom } from "./health-options.ts";
import type { Line } from "./line.ts";
import { portFrom } from "./port-text.ts";
import type { Option } from "./verb.ts";

export const CONFIG_OPTIONS: Record<string, Option> = {
  directory: {
    type: "string",
    short: "d",
    value: "DIR",
    text: "its working directory; made if it is not there",
    completes: "directories",
  },
  env: {
    type: "string",
    short: "e",
    multiple: true,
    value: "K=V",
    text: "a variable; again for more",
  },
  cpu: { type: "string", value: "N", text: "the CPU that it is pinned to" },
  user: { type: "string", value: "USER", text: "who it runs as; needs a Supervisor that is root" },
  group: { type: "string", value: "GROUP", text: "its group (default: the user's own)" },
  umask: { type: "string", value: "MASK", text: "octal, as 027" },
  nice: { type: "string", value: "N", text: "its niceness, from -20 to 19" },
  limit: {
    type: "string",
    multiple: true,
    value: "R=N",
    text: "a resource limit by prlimit's names: nofile=1024; again for more",
  },
  "memory-max": {
    type: "string",
    value: "SIZE",
    text: "memory of all its processes together: 512M, 2G",
  },
  "cpu-max": { type: "string", value: "CPUS", text: "CPUs that they may use together: 1.5" },
  "tasks-max": { type: "string", value: "N", text: "how many processes and threads they may be" },
  interface: {
    type: "string",
    short: "i",
    value: "IF",
    text: "the interface that its script finds",
  },
  "pcap-file": {
    type: "string",
    value: "FILE",
    text: "the file of packets that its script finds",
    completes: "files",
  },
  "stdout-file": {
    type: "string",
    value: "FILE",
    text: "a file for its stdout",
    completes: "files",
  },
  "stderr-file": {
    type: "string",
    value: "FILE",
    text: "a file for its stderr",
    completes: "files",
  },
  "output-file": {
    type: "string",
    value: "FILE",
    text: "a file for both that is rotated, and so never fills the disk",
    completes: "files",
  },
  "output-max-size": {
    type: "string",
    value: "SIZE",
    text: "how large it may become: 500K, 10M, 2G (default: 10M)",
  },
  "output-keep": { type: "string", value: "N", text: "how many old ones are kept (default: 5)" },
  "output-compress": { type: "boolean", text: "compress the old ones" },
  "truncate-output": { type: "boolean", text: "empty those files at the first start" },
  script: {
    type: "string",
    multiple: true,
    value: "FILE",
    text: "a script to load after all others; again for more",
    completes: "files",
  },
  "base-script": {
    type: "string",
    multiple: true,
    value: "FILE",
    text: "a script to load before all others; again for more",
    completes: "files",
  },
  "bare-mode": { type: "boolean", text: "load no base scripts" },
  after: {
    type: "string",
    multiple: true,
    value: "NODE",
    text: "a node that must be ready before it starts; again for more",
    completes: "nodes",
  },
  "ready-fd": { type: "string", value: "N", text: "ready at a newline on this descriptor" },
  "ready-port": {
    type: "string",
    value: "PORT",
    text: "ready when this accepts: PORT, HOST:PORT or a Unix socket's path",
  },
  "ready-line": { type: "string", value: "PATTERN", text: "ready at a line that matches" },
  "ready-file": {
    type: "string",
    value: "FILE",
    text: "ready when this file exists",
    completes: "files",
  },
  ...HEALTH_OPTIONS,
  revival: {
    type: "string",
    value: "WHEN",
    text: "always, failure or never: after which exits it comes back",
    completes: ["always", "failure", "never"],
  },
  "revival-limit": { type: "string", value: "N", text: "how often in a row, at most" },
  "stop-signal": {
    type: "string",
    value: "SIGNAL",
    text: "how it is told to end (default: SIGTERM)",
    completes: Object.keys(os.constants.signals),
  },
};

/** @param here where relative paths start. @throws UsageError */
export function configFrom(line: Line, name: string, here: string): NodeConfig {
  const absolute = (file: string): string => path.resolve(here, file);
  const file = (option: string): string | undefined => {
    const value = line.text(option);
    return value === undefined ? undefined : absolute(value);
  };
  const some = <Item>(items: Item[]): Item[] | undefined => (items.length > 0 ? items : undefined);
  const when = line.choice("revival", ["always", "failure", "never"]);
  const limit = line.wholeNumber("revival-limit");
  const signal = stopSignal(line);
  const config: { [Field in keyof NodeConfig]: NodeConfig[Field] | undefined } = {
    name,
    command: commandOf(line, here),
    directory: file("directory"),
    env: environment(line),
    cpuAffinity: line.wholeNumber("cpu"),
    user: line.text("user"),
    group: line.text("group"),
    umask: line.text("umask"),
    nice: number(line, "nice"),
    limits: limits(line),
    memoryMax: line.text("memory-max"),
    cpuMax: number(line, "cpu-max"),
    tasksMax: line.wholeNumber("tasks-max"),
    interface: line.text("interface"),
    pcapFile: file("pcap-file"),
    stdoutFile: file("stdout-file"),
    stderrFile: file("stderr-file"),
    output: outputFrom(line, absolute),
    truncateOutput: line.flag("truncate-output") || undefined,
    bareMode: line.flag("bare-mode") || undefined,
    addlUserScripts: some(line.list("script").map(absolute)),
    addlBaseScripts: some(line.list("base-script").map(absolute)),
    after: some(line.list("after")),
    ready: readyFrom(line, absolute),
    health: healthFrom(line, absolute),
    revival: when === undefined && limit === undefined ? undefined : withoutUnset({ when, limit }),
    stop: signal === undefined ? undefined : { signal },
  };
  return withoutUnset(config) as NodeConfig;
}

/** A program that is named by a relative path is there for the caller, not for the Supervisor. */
function commandOf(line: Line, here: string): string[] | undefined {
  if (line.rest === undefined) return undefined;
  const [program, ...args] = line.rest;
  if (program === undefined || program === "") throw line.wrong("there is no command after --");
  return [program.includes("/") ? path.resolve(here, program) : program, ...args];
}

function environment(line: Line): Record<string, string> | undefined {
  const pairs = line.list("env").map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw line.wrong(`--env is NAME=VALUE, not '${pair}'`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** @throws UsageError if there is no file for what is said of it */
function outputFrom(line: Line, absolute: (file: string) => string): OutputConfig | undefined {
  const file = line.text("output-file");
  const maxSize = line.text("output-max-size");
  const keep = line.wholeNumber("output-keep");
  const compress = line.flag("output-compress") || undefined;
  if (maxSize !== undefined && byteCount(maxSize) === undefined)
    throw line.wrong(`--output-max-size is a size such as 500K or 10M, not '${maxSize}'`);
  const more = withoutUnset({ maxSize, keep, compress });
  if (file !== undefined) return { file: absolute(file), ...more };
  const [given] = ["output-max-size", "output-keep", "output-compress"].filter((o) => line.has(o));
  if (given !== undefined) throw line.wrong(`--${given} needs --output-file`);
  return undefined;
}

/** @throws UsageError if there is more than one sign */
function readyFrom(line: Line, absolute: (file: string) => string): Ready | undefined {
  const given = READY_OPTIONS.filter((option) => line.has(option));
  if (given.length > 1) throw line.wrong(`either --${given[0]} or --${given[1]}, not both`);
  const [option] = given;
  const text = option === undefined ? "" : (line.text(option) ?? "");
  switch (option) {
    case "ready-fd":
      return { fd: line.wholeNumber(option) ?? 0 };
    case "ready-port":
      return { port: portFrom(text, absolute) };
    case "ready-line":
      return { line: text };
    case "ready-file":
      return { file: absolute(text) };
    case undefined:
      return undefined;
    default:
      return option satisfies never;
  }
}

const READY_OPTIONS = ["ready-fd", "ready-port", "ready-line", "ready-file"] as const;

function number(line: Line, option: string): number | undefined {
  const text = line.text(option);
  if (text === undefined) return undefined;
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw line.wrong(`--${option} is a number, not '${text}'`);
  return Number(text);
}

/** `nofile=1024`, `nofile=256:1024`, `nofile=256:`, `nofile=:1024`. What they say is checked where it is used. */
function limits(line: Line): NodeConfig["limits"] {
  const pairs = line.list("limit").map((pair) => {
    const [, resource, soft, colon, hard] = /^([a-z]+)=([^:]*)(:?)([^:]*)$/.exec(pair) ?? [];
    if (resource === undefined || (!soft && !hard))
      throw line.wrong(`--limit is RESOURCE=LIMIT or RESOURCE=SOFT:HARD, not '${pair}'`);
    if (colon === "") return [resource, soft];
    return [resource, withoutUnset({ soft: soft || undefined, hard: hard || undefined })];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** `SIGINT`, or `INT`, or `int`. */
function stopSignal(line: Line): NodeJS.Signals | undefined {
  const text = line.text("stop-signal");
  if (text === undefined) return undefined;
  const signal = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  if (!Object.hasOwn(os.constants.signals, signal))
    throw line.wrong(`--stop-signal is the name of a signal, not '${text}'`);
  return signal as NodeJS.Signals;
}

function withoutUnset<Fields extends object>(
  fields: Fields,
): { [F in keyof Fields]: NonNullable<Fields[F]> } {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [F in keyof Fields]: NonNullable<Fields[F]> };
}
