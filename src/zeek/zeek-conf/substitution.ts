/** The texts of a file in which `${name}` can stand, as one process has them. */
import type { Worker } from "./cluster-table.ts";
import type { Remark } from "./grammar.ts";
import type { Variable } from "./kinds.ts";
import type { Setting } from "./settings.ts";
import { expand } from "./templates.ts";

export type Env = Record<string, string>;

/** One text for each variable; of several of a name the last holds. */
export function environment(
  { value }: Setting<Variable[]>,
  key: string,
  variables: ReadonlyMap<string, string>,
  problems: Remark[],
): Env {
  const env: Env = {};
  for (const { name, value: template, line = 1 } of value) {
    const expansion = expand(template, variables);
    if ("text" in expansion) env[name] = expansion.text;
    else add(problems, line, `${key} substitution for '${template}' failed: ${expansion.problem}`);
  }
  return env;
}

export function interfaceOf(
  worker: Worker,
  variables: ReadonlyMap<string, string>,
  problems: Remark[],
): string | undefined {
  const { value: template, line = 1 } = worker.of.interface;
  const expansion = expand(template, variables);
  if ("text" in expansion && expansion.text !== "") return expansion.text;
  const problem = "text" in expansion ? "nothing is left" : expansion.problem;
  add(problems, line, `interface substitution for '${template}' failed: ${problem}`);
  return undefined;
}

/** What is wrong with a template is so for each process that uses it, and told once. */
function add(problems: Remark[], line: number, text: string): void {
  if (!problems.some((other) => other.line === line && other.text === text)) {
    problems.push({ line, text });
  }
}
