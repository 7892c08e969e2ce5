/** Node's messages about a command line, shortened to what a person needs. */
import { nearest } from "../core/nearest.ts";

/**
 * @param error what `parseArgs` of node:util has thrown
 * @param options the names of the options that there are, without dashes
 */
export function explain({ message }: Error, options: readonly string[]): string {
  const unclear = /^Option '(?:-\w, )?([^']+)' argument is ambiguous/.exec(message)?.[1];
  if (unclear !== undefined) {
    const text = `option '${unclear}' has no value`;
    return unclear.startsWith("--")
      ? `${text} (one that begins with - goes so: ${unclear}=-…)`
      : text;
  }
  const option = /^Unknown option '([^']+)'/.exec(message)?.[1];
  if (option === undefined) {
    const first = message.split("\n")[0] ?? "";
    return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, "");
  }
  const meant = option.startsWith("--") ? nearest(option, options) : undefined;
  return `unknown option '${option}'${meant === undefined ? "" : ` (did you mean '--${meant}'?)`}`;
}
