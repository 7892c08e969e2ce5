/** node.cfg: the nodes that it names, checked key by key. */
import type { Problem, Source } from "../plan.ts";
import { type IniKey, type IniSection, parseIni } from "./ini.ts";
import {
  AF_PACKET_OPTIONS,
  afPacketProblem,
  cpuList,
  envList,
  scriptList,
  wordList,
} from "./node-values.ts";
import { unknown } from "./unknown.ts";

export type NodeType = "standalone" | "logger" | "manager" | "proxy" | "worker";

export type BalanceMethod = (typeof METHODS)[number];

/** How many processes a worker's section stands for, and how packets are shared among them. */
export interface Balance {
  procs: number;
  method: BalanceMethod;
  /** One for each process, with the method "interfaces" alone. */
  interfaces: string[];
}

/** One section of node.cfg. What is not given is empty. */
export interface NodeSection {
  name: string;
  line: number;
  type: NodeType;
  host: string;
  interface: string;
  balance?: Balance;
  cpus: number[];
  env: Record<string, string>;
  scripts: string[];
  /** What `aux_scripts` has beside scripts: `NAME=VALUE`. */
  assignments: string[];
  zoneId: string;
  /** Options of Zeek's AF_Packet packet source: `fanout_id` … */
  afPacket: { option: string; value: string }[];
  /** The line of each key that is given; a section's own line for the others. */
  lineOf: (key: string) => number;
}

export interface NodeFile {
  sections: NodeSection[];
  problems: Problem[];
  notes: Problem[];
}

export function readNodeCfg(source: Source): NodeFile {
  const { sections, problems } = parseIni(source);
  const file: NodeFile = { sections: [], problems, notes: [] };
  for (const section of sections) {
    const node = readSection(source.file, section, file);
    if (node !== undefined) file.sections.push(node);
  }
  return file;
}

/** One section's keys, and where what is wrong with them is told. */
interface Reader {
  name: string;
  keys: readonly IniKey[];
  value: (key: string) => string;
  lineOf: (key: string) => number;
  say: (key: string, text: string) => void;
  note: (key: string, text: string) => void;
}

function readSection(
  file: string,
  section: IniSection,
  { problems, notes }: NodeFile,
): NodeSection | undefined {
  const { name, line, keys } = section;
  const find = (key: string) => keys.find((other) => other.name === key);
  const lineOf = (key: string) => find(key)?.line ?? line;
  const value = (key: string) => find(key)?.value ?? "";
  const tell = (list: Problem[]) => (key: string, text: string) => {
    list.push({ file, line: lineOf(key), text: `node '${name}': ${text}` });
  };
  const reader: Reader = { name, keys, value, lineOf, say: tell(problems), note: tell(notes) };
  const before = problems.length;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) || name.length > MAX_NAME) {
    const rule = `letters, digits, '_', '.' and '-', at most ${MAX_NAME}, a letter or digit first`;
    problems.push({ file, line, text: `node name '${name}' must be ${rule}` });
  }
  checkKeys(reader);
  const type = readType(reader);
  const rest = readValues(reader, type);
  return problems.length > before || type === undefined ? undefined : { name, line, type, ...rest };
}

function checkKeys({ keys, say, note }: Reader): void {
  for (const key of keys) {
    const { name, value } = key;
    if (!KEYS.includes(name)) say(name, unknown("key", name, KEYS));
    else if (USELESS.has(name)) note(name, `'${name}' ${USELESS.get(name)}`);
    else if (!LISTS.has(name) && value.includes("\n")) say(name, continued(key));
  }
}

function readType({ value, say }: Reader): NodeType | undefined {
  const type = value("type");
  if (isType(type)) return type;
  say("type", type === "" ? `it needs 'type': ${oneOf(TYPES)}` : unknown("type", type, TYPES));
  return undefined;
}

function readValues(reader: Reader, type: NodeType | undefined) {
  const { value, lineOf, say } = reader;
  const parsed = <Value>(
    key: string,
    parse: (text: string) => { value: Value } | { problem: string },
    otherwise: Value,
  ): Value => {
    const result = parse(value(key));
    if ("problem" in result) say(key, result.problem);
    return "problem" in result ? otherwise : result.value;
  };
  if (value("host") === "") say("host", "it needs 'host': a name or an address");
  const balance = readBalance(reader, type);
  const cpus = parsed("pin_cpus", cpuList, []);
  noteSpare(reader, cpus, balance);
  return {
    host: value("host"),
    interface: value("interface"),
    ...(balance === undefined ? {} : { balance }),
    cpus,
    env: parsed("env_vars", envList, {}),
    ...parsed("aux_scripts", scriptList, { scripts: [], assignments: [] }),
    zoneId: value("zone_id"),
    afPacket: readAfPacket(reader),
    lineOf,
  };
}

/** What is given and not used. */
function noteSpare(
  { value, note }: Reader,
  cpus: readonly number[],
  balance: Balance | undefined,
): void {
  const procs = balance?.procs ?? 1;
  if (cpus.length > procs) {
    const spare = cpus.slice(procs).join(", ");
    note("pin_cpus", `no process is left for CPU ${spare}: it has ${procs}`);
  }
  if (value("lb_interfaces") !== "" && value("lb_method") !== "interfaces") {
    note("lb_interfaces", "'lb_interfaces' means nothing without 'lb_method = interfaces'");
  }
}

function readAfPacket({ keys, value, say, note }: Reader): NodeSection["afPacket"] {
  const result = [];
  for (const key of keys) {
    if (!key.name.startsWith(AF_PACKET) || !KEYS.includes(key.name) || key.value === "") continue;
    const option = key.name.slice(AF_PACKET.length);
    const problem = afPacketProblem(option, key.value);
    if (problem !== undefined) say(key.name, `'${key.name}' ${problem}`);
    else if (value("lb_procs") !== "") result.push({ option, value: key.value });
    else note(key.name, `'${key.name}' means nothing without 'lb_procs'`);
  }
  return result;
}

function readBalance({ value, say }: Reader, type: NodeType | undefined): Balance | undefined {
  const [procs, method] = [value("lb_procs"), value("lb_method")];
  if (procs === "" && method === "") return undefined;
  const given = procs === "" ? "lb_method" : "lb_procs";
  if (type !== undefined && type !== "worker") {
    say(given, `'${given}' is for workers alone, and this is a ${type}`);
    return undefined;
  }
  if (procs === "") say("lb_method", "'lb_method' needs 'lb_procs': how many processes");
  else if (!/^\d+$/.test(procs) || Number(procs) < 1 || Number(procs) > MAX_PROCS) {
    say("lb_procs", `'lb_procs' must be a number from 1 to ${MAX_PROCS}, not '${procs}'`);
  }
  if (method === "") say("lb_procs", `'lb_procs' needs 'lb_method': ${oneOf(METHODS)}`);
  else if (!isMethod(method)) say("lb_method", unknown("load balancing method", method, METHODS));
  if (!isMethod(method) || procs === "") return undefined;
  const interfaces = method === "interfaces" ? wordList(value("lb_interfaces")) : [];
  if (method === "interfaces" && interfaces.length === 0) {
    say("lb_method", "'lb_method = interfaces' needs 'lb_interfaces', one for each process");
  } else if (method === "interfaces" && interfaces.length !== Number(procs)) {
    say("lb_interfaces", `${procs} processes need as many interfaces, not ${interfaces.length}`);
  } else if (interfaces.some((word) => word === "" || /\s/.test(word))) {
    say("lb_interfaces", "'lb_interfaces' must be names with commas between them");
  }
  if (PREFIXED.has(method) && value("interface") === "") {
    say("lb_method", `'lb_method = ${method}' needs 'interface'`);
  } else if (method === "af_packet" && value("interface").startsWith("af_packet::")) {
    say("interface", "'lb_method = af_packet' puts 'af_packet::' before it: leave that out here");
  }
  return { procs: Number(procs), method, interfaces };
}

function continued({ name, more }: IniKey): string {
  const next = more.find(({ text }) => text !== "");
  const where = next === undefined ? "" : `: line ${next.line}, '${next.text}',`;
  return `'${name}' is one line${where} is indented, and so continues it`;
}

function oneOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function isType(word: string): word is NodeType {
  return TYPES.some((type) => type === word);
}

function isMethod(word: string): word is BalanceMethod {
  return METHODS.some((method) => method === word);
}

const TYPES: readonly NodeType[] = ["logger", "manager", "proxy", "worker", "standalone"];
const METHODS = ["af_packet", "pf_ring", "myricom", "custom", "interfaces"] as const;
/** Methods that make something of the interface's name. */
const PREFIXED: ReadonlySet<string> = new Set(["af_packet", "pf_ring"]);
const AF_PACKET = "af_packet_";

/** ZeekControl takes them and does nothing with them. */
const USELESS: ReadonlyMap<string, string> = new Map([
  ["zeekbase", "means nothing: Zeek is used where it is installed"],
  ["ether", "means nothing"],
  ["count", "means nothing: nodes are numbered by their order in the file"],
]);

/** Their values may go on over several lines. */
const LISTS: ReadonlySet<string> = new Set([
  "lb_interfaces",
  "pin_cpus",
  "env_vars",
  "aux_scripts",
]);

const KEYS: readonly string[] = [
  ...["type", "host", "interface", "lb_procs", "lb_method", "lb_interfaces", "pin_cpus"],
  ...["env_vars", "aux_scripts", "zone_id", ...USELESS.keys()],
  ...AF_PACKET_OPTIONS.map((option) => `${AF_PACKET}${option}`),
];

/** More than any host has CPUs: a slip of the finger must not fill the memory. */
const MAX_PROCS = 4096;
/** Leaves room for the number of a process under the 200 bytes that a node's name may have. */
const MAX_NAME = 190;
