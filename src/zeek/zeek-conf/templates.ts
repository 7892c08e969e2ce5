/** `${name}` in an interface or in the value of an environment variable. */
import { nearest } from "../../core/nearest.ts";

export type Expansion = { text: string } | { problem: string };

/** `\${` stands for `${`. Whatever is put in is not looked at again. */
export function expand(template: string, variables: ReadonlyMap<string, string>): Expansion {
  let text = "";
  let at = 0;
  while (true) {
    const start = template.indexOf("${", at);
    if (start < 0) return { text: text + template.slice(at) };
    if (start > at && template[start - 1] === "\\") {
      text += `${template.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = template.indexOf("}", start);
    if (end < 0) return { problem: "a '}' is missing" };
    const name = template.slice(start + 2, end);
    const value = variables.get(name);
    if (value === undefined) return { problem: unknown(name, [...variables.keys()]) };
    text += template.slice(at, start) + value;
    at = end + 1;
  }
}

function unknown(name: string, known: readonly string[]): string {
  if (known.length === 0) return `'${name}' is not known, as this is no worker's`;
  const meant = nearest(name, known);
  return meant === undefined
    ? `'${name}' is not known; known are ${known.join(", ")}`
    : `'${name}' is not known; did you mean '${meant}'?`;
}
