/** What the values of single keys in node.cfg and zeekctl.cfg may be. */
import { shellWords } from "./shell-words.ts";

type Parsed<Value> = { value: Value } | { problem: string };

/** `1, 3,5`: no ranges. */
export function cpuList(text: string): Parsed<number[]> {
  const words = wordList(text);
  const wrong = words.find((word) => !/^\d{1,5}$/.test(word));
  if (wrong === undefined) return { value: words.map(Number) };
  const hint = /^\d+-\d+$/.test(wrong) ? ": write a range number by number" : "";
  return { problem: `'pin_cpus' must be numbers with commas between them, not '${wrong}'${hint}` };
}

/** `A=1, B=2`: a value cannot contain a comma. */
export function envList(text: string): Parsed<Record<string, string>> {
  const env = new Map<string, string>();
  for (const word of wordList(text)) {
    const [, name = "", value = ""] = /^([^=]*?)\s*=\s*(.*)$/s.exec(word) ?? [];
    if (!word.includes("=")) return { problem: `'env_vars' has '${word}', which has no '='` };
    if (name === "") return { problem: `'env_vars' has '${word}', which has no name` };
    if (!/^[A-Za-z_]\w*$/.test(name) || value.includes("\n")) {
      return { problem: `'env_vars' must be NAME=VALUE with commas between them: '${word}'` };
    }
    const instead = REFUSED.get(name);
    if (instead !== undefined) return { problem: `'env_vars' cannot set ${name}: ${instead}` };
    const read = shellValue(value);
    if ("problem" in read) return { problem: `'env_vars' has '${word}': ${read.problem}` };
    env.set(name, read.value);
  }
  return { value: Object.fromEntries(env) };
}

/** ZeekControl sets variables through a shell, which takes quotes away. What has none may have blanks. */
function shellValue(text: string): Parsed<string> {
  if (!/["'\\$`]/.test(text)) return { value: text };
  const split = shellWords(text);
  if ("problem" in split) return split;
  const [value = "", ...more] = split.words;
  return more.length === 0 ? { value } : { problem: "quote all of it, or nothing" };
}

/** ZeekControl puts the value into a shell's command line: so it may have assignments too. */
export function scriptList(text: string): Parsed<{ scripts: string[]; assignments: string[] }> {
  const split = shellWords(text);
  if ("problem" in split) return { problem: `'aux_scripts': ${split.problem}` };
  const option = split.words.find((word) => word.startsWith("-"));
  if (option !== undefined) {
    return { problem: `'aux_scripts' has an option, '${option}': options go into ZeekArgs` };
  }
  const isScript = (word: string) => !word.includes("=") && !word.includes("::");
  return {
    value: {
      scripts: split.words.filter(isScript),
      assignments: split.words.filter((word) => !isScript(word)),
    },
  };
}

/** Words between commas, without the blanks around them; none in an empty text. */
export function wordList(text: string): string[] {
  return text.trim() === "" ? [] : text.split(",").map((word) => word.trim());
}

/** What is wrong with the value of an option of Zeek's AF_Packet, which is put into a script. */
export function afPacketProblem(option: string, value: string): string | undefined {
  const rule = AF_PACKET_RULES.find(([options]) => options.includes(option));
  if (rule === undefined) return undefined;
  const [, pattern, meaning] = rule;
  return pattern.test(value) ? undefined : `must be ${meaning}, not '${value}'`;
}

/** The types that these options have in Zeek's `Zeek_AF_Packet/init.zeek`. */
const AF_PACKET_RULES: readonly [string[], RegExp, string][] = [
  [
    ["fanout_id", "buffer_size", "block_size", "link_type"],
    /^\d+(?: *\* *\d+)*$/,
    "a number, or a product such as 128*1024*1024",
  ],
  [["enable_fanout", "enable_defrag", "enable_hw_timestamping"], /^[TF]$/, "T or F"],
  [
    ["block_timeout"],
    /^\d+(?:\.\d+)? *(?:usec|msec|sec|min)s?$/,
    "a time as Zeek writes it, such as 10msec",
  ],
  [
    ["fanout_mode", "checksum_validation_mode"],
    /^[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*$/,
    "a name of Zeek's, such as AF_Packet::FANOUT_HASH",
  ],
];

export const AF_PACKET_OPTIONS: readonly string[] = AF_PACKET_RULES.flatMap(([options]) => options);

/** They are made from the rest of the files: set by hand, a node would be another one, or none. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["CLUSTER_NODE", "it is the node's name"],
  ["ZEEK_STEM", "Zeek's own supervisor sets it"],
  ["ZEEKPATH", "name directories in SitePolicyPath"],
]);
