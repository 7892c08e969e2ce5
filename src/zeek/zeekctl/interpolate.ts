/** What `%` means in a value of node.cfg: configparser's `BasicInterpolation`. */

/**
 * `%%` is a percent sign, `%(key)s` another value.
 * @param lookUp another key's value, as it is written
 */
export function interpolate(
  value: string,
  lookUp: (key: string) => string | undefined,
  depth = 0,
): { value: string } | { problem: string } {
  if (depth > MAX_DEPTH) return { problem: "'%(…)s' goes round in circles" };
  let result = "";
  let rest = value;
  for (let at = rest.indexOf("%"); at >= 0; at = rest.indexOf("%")) {
    result += rest.slice(0, at);
    rest = rest.slice(at);
    if (rest.startsWith("%%")) {
      result += "%";
      rest = rest.slice(2);
      continue;
    }
    const [reference, key = ""] = /^%\(([^()]+)\)s/.exec(rest) ?? [];
    if (reference === undefined) return { problem: "a '%' is written '%%'" };
    const other = lookUp(key);
    if (other === undefined) return { problem: `'${reference}' names no key of this section` };
    const inner = interpolate(other, lookUp, depth + 1);
    if ("problem" in inner) return inner;
    // References that double at every depth would fill the memory.
    if (result.length + inner.value.length > MAX_LENGTH) return { problem: "it is too long" };
    result += inner.value;
    rest = rest.slice(reference.length);
  }
  return { value: result + rest };
}

/** configparser's `MAX_INTERPOLATION_DEPTH`. */
const MAX_DEPTH = 10;
const MAX_LENGTH = 65_536;
