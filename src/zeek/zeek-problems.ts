/** What is wrong with a Zeek node, as far as its configuration shows it. */
import type { NodeConfig, ZeekConfig } from "../core/config.ts";
import { searchDirectoryProblem } from "./environment.ts";
import { clusterNameProblem, isClustered, LAYOUT_FILE, layoutProblem } from "./layout.ts";
import { LOG_SCRIPT_FILE } from "./log-script.ts";
import { operandKind, splitArguments, wordProblem } from "./options.ts";
import { stemProblem } from "./supervised.ts";

/** One line, or undefined if nothing is wrong, or it is no Zeek. */
export function zeekProblem(config: NodeConfig): string | undefined {
  const { zeek } = config;
  if (zeek === undefined) return undefined;
  const problem =
    (config.command === undefined
      ? undefined
      : "'zeek' and 'command' exclude each other: a node runs one program") ??
    programProblem(zeek) ??
    argumentsProblem(zeek) ??
    scriptsProblem(config, zeek) ??
    packetsProblem(config) ??
    filesProblem(zeek) ??
    environmentProblem(config) ??
    (isClustered(config) ? clusterProblem(config, zeek) : undefined) ??
    (zeek.supervised === true ? stemProblem(config) : undefined);
  return problem === undefined ? undefined : `node '${config.name}': ${problem}`;
}

function programProblem({ executable, wrapper }: ZeekConfig): string | undefined {
  if (executable === "") return "zeek.executable is empty";
  if (wrapper?.[0] === "") return "zeek.wrapper names no program";
  const word = [executable ?? "", ...(wrapper ?? [])].find((one) => one.includes("\0"));
  return word === undefined ? undefined : `zeek: ${JSON.stringify(word)} contains a NUL`;
}

function argumentsProblem({ args = [] }: ZeekConfig): string | undefined {
  const split = splitArguments(args);
  return "problem" in split ? `zeek.args: ${split.problem}` : undefined;
}

function scriptsProblem(config: NodeConfig, zeek: ZeekConfig): string | undefined {
  const { logScript, backend } = zeek;
  const named: [field: string, scripts: readonly string[] | undefined][] = [
    ["addlBaseScripts", config.addlBaseScripts],
    ["zeek.scripts", zeek.scripts],
    ["addlUserScripts", config.addlUserScripts],
    ["zeek.logScript", typeof logScript === "string" ? [logScript] : []],
  ];
  for (const [field, scripts = []] of named) {
    const problem = scripts.map(scriptProblem).find((one) => one !== undefined);
    if (problem !== undefined) return `${field}: ${problem}`;
  }
  const operands = typeof backend === "object" ? backend : [];
  const problem = operands.map(operandProblem).find((one) => one !== undefined);
  return problem === undefined ? undefined : `zeek.backend: ${problem}`;
}

function scriptProblem(script: string): string | undefined {
  const kind = operandKind(script);
  if (kind === "script") return operandProblem(script);
  const [sign, other] = kind === "plugin" ? ["::", "a plugin"] : ["=", "an assignment"];
  return `'${script}' contains '${sign}': Zeek would take it for ${other}, not for a script`;
}

function operandProblem(operand: string): string | undefined {
  if (operand === "") return "a script's name is empty";
  if (operand === "-") return "'-' would be a script on stdin, and nodes have none";
  if (operand.startsWith("-"))
    return `'${operand}' begins with '-': Zeek would take it for an option; write './${operand}'`;
  return wordProblem(operand);
}

function packetsProblem({ interface: name, pcapFile }: NodeConfig): string | undefined {
  if (name === "") return "interface is empty";
  if (pcapFile === "") return "pcapFile is empty";
  if (pcapFile === "-") return "pcapFile: '-' would be packets on stdin, and nodes have none";
  const interfaceProblem = name === undefined ? undefined : wordProblem(name);
  if (interfaceProblem !== undefined) return `interface: ${interfaceProblem}`;
  const fileProblem = pcapFile === undefined ? undefined : wordProblem(pcapFile);
  return fileProblem === undefined ? undefined : `pcapFile: ${fileProblem}`;
}

function filesProblem({ path = [], logQueue, layout, files = {} }: ZeekConfig): string | undefined {
  const directory = path.map(searchDirectoryProblem).find((one) => one !== undefined);
  if (directory !== undefined) return `zeek.path: ${directory}`;
  if (logQueue === "") return "zeek.logQueue is empty";
  if (layout === "") return "zeek.layout is empty";
  if (logQueue?.includes("\0")) return "zeek.logQueue contains a NUL";
  for (const name of Object.keys(files)) {
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name))
      return `zeek.files: ${JSON.stringify(name)} is no name of a file`;
    if (name === LAYOUT_FILE)
      return `zeek.files: ${name} is written by Coppice: name yours in 'zeek.layout'`;
    if (name === LOG_SCRIPT_FILE)
      return `zeek.files: ${name} is written by Coppice: name yours in 'zeek.logScript'`;
  }
  return undefined;
}

function environmentProblem({ env = {} }: NodeConfig): string | undefined {
  if (env["ZEEK_STEM"] !== undefined)
    return "env: ZEEK_STEM is Coppice's own: set 'zeek.supervised' instead";
  if (env["ZEEK_SEED_FILE"] !== undefined && env["ZEEK_SEED_VALUES"] !== undefined)
    return "env: ZEEK_SEED_FILE and ZEEK_SEED_VALUES exclude each other";
  return undefined;
}

function clusterProblem(config: NodeConfig, zeek: ZeekConfig): string | undefined {
  const { name, cluster = {} } = config;
  // What a layout of the user's own says is not known here.
  if (zeek.layout !== undefined) return clusterNameProblem(name);
  const own = Object.hasOwn(cluster, name) ? cluster[name] : undefined;
  if (own === undefined) return "it is not in its own cluster: Zeek would end at once";
  if (own.role === "NONE") return "it has no role in its own cluster: Zeek would end at once";
  return layoutProblem(cluster) ?? hubProblem(config, zeek);
}

/** Zeek leaves out the brackets where workers are to find a manager that logs. */
function hubProblem({ cluster = {} }: NodeConfig, { backend }: ZeekConfig): string | undefined {
  const endpoints = Object.values(cluster);
  if (backend !== "zeromq" || endpoints.some(({ role }) => role === "LOGGER")) return undefined;
  const manager = endpoints.find(({ role }) => role === "MANAGER");
  if (!manager?.host.includes(":")) return undefined;
  return "a manager with an IPv6 address cannot be the logger over ZeroMQ: add a logger";
}
