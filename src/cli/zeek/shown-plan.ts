/** A plan as people, and programs, read it. */
import type { NodeConfig } from "../../core/config.ts";
import { limitArguments, sizeText } from "../../core/limits.ts";
import type { Launch } from "../../zeek/launch.ts";
import { LAYOUT_FILE } from "../../zeek/layout.ts";
import type { Listener } from "../../zeek/listeners.ts";
import type { FilePlan } from "./plan-file.ts";

export interface ShownNode {
  name: string;
  role: string;
  directory?: string;
  command: string[];
  /** Set otherwise than where Coppice is started. */
  env: Record<string, string>;
  /** Set there, but not for the node. */
  unset: string[];
  cpu?: number;
  ports: { port: number; what: string }[];
  /** Through Zeek's own Stem. */
  isSupervised: boolean;
  config: NodeConfig;
}

/** @param launch of a Zeek */
export function shownNode(
  config: NodeConfig,
  launch: Launch | undefined,
  listeners: readonly Listener[],
  inherited: Record<string, string | undefined>,
): ShownNode {
  const { name, directory, cpuAffinity, command = [], cluster } = config;
  const own = cluster !== undefined && Object.hasOwn(cluster, name) ? cluster[name] : undefined;
  const env = launch?.env ?? { ...inherited, ...config.env };
  const differing = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[1] !== inherited[entry[0]],
  );
  return {
    name,
    role: own?.role ?? (launch === undefined ? "program" : "standalone"),
    ...(directory === undefined ? {} : { directory }),
    command: launch?.command ?? command,
    env: Object.fromEntries(differing),
    unset: Object.keys(inherited).filter((one) => env[one] === undefined),
    ...(cpuAffinity === undefined ? {} : { cpu: cpuAffinity }),
    ports: listeners.filter(({ node }) => node === name).map(({ port, what }) => ({ port, what })),
    isSupervised: launch?.isSupervised ?? false,
    config,
  };
}

/** Lines of the whole plan. @param layout of the cluster, once for all its nodes */
export function planText(
  { kind, source, installation }: FilePlan,
  nodes: readonly ShownNode[],
  layout: string | undefined,
): string {
  const { version, executable } = installation;
  return [
    `${source.file} (${kind}): ${nodes.length} nodes, Zeek ${version} (${executable})`,
    ...(layout === undefined ? [] : ["", `${LAYOUT_FILE}:`, ...indented(layout)]),
    ...nodes.flatMap((node) => ["", ...nodeLines(node)]),
    "",
  ].join("\n");
}

/** As a shell would take it. */
export function shellText(words: readonly string[]): string {
  return words
    .map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

function nodeLines(node: ShownNode): string[] {
  const env = Object.entries(node.env).map(([name, value]) => `${name}=${shellText([value])}`);
  const ports = node.ports.map(({ port, what }) => `${port} (${what})`);
  return [
    `${node.name}  ${node.role}`,
    ...line("directory", node.directory === undefined ? [] : [node.directory]),
    ...line("command", [shellText(node.command)]),
    ...line("node", node.isSupervised ? [supervisedText(node.config)] : []),
    ...line("environment", [...env, ...node.unset.map((name) => `${name} (unset)`)]),
    ...line("CPU", node.cpu === undefined ? [] : [`${node.cpu}`]),
    ...line("runs as", whoText(node.config)),
    ...line("limits", limitsText(node.config)),
    ...line("ports", ports.length === 0 ? [] : [ports.join(", ")]),
  ];
}

function whoText({ user, group }: NodeConfig): string[] {
  const who = [
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(group === undefined ? [] : [`group ${group}`]),
  ];
  return who.length === 0 ? [] : [who.join(", ")];
}

function limitsText({ nice, memoryMax, limits }: NodeConfig): string[] {
  const texts = [
    ...(nice === undefined ? [] : [`nice ${nice}`]),
    ...(memoryMax === undefined ? [] : [`memory ${sizeText(memoryMax)}`]),
    ...limitArguments(limits ?? {}).map((argument) => argument.replace(/^--/, "")),
  ];
  return texts.length === 0 ? [] : [texts.join(", ")];
}

/** What Zeek's Stem, which the command is, gets to know of the node that it forks. */
function supervisedText({ interface: device, pcapFile }: NodeConfig): string {
  const source = device ?? pcapFile;
  const packets = source === undefined ? "no packets" : `packets from ${source}`;
  return `forked by that Zeek Stem, ${packets}`;
}

function line(name: string, values: readonly string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? name : "").padEnd(WIDTH)}  ${value}`);
}

export function indented(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((one) => `  ${one}`);
}

const WIDTH = "environment".length;
const PLAIN = /^[\w@%+=:,./-]+$/;
