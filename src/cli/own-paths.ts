/** Paths mean here what they mean to whoever writes them; the Supervisor has another directory. */
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";

/**
 * Makes a configuration's paths absolute. Output files are relative to the node's directory where
 * it has one.
 * @param here where relative paths start
 */
export function withAbsolutePaths(config: NodeConfig, here: string): NodeConfig {
  const absolute = (file: unknown): unknown =>
    typeof file === "string" && file !== "" ? path.resolve(here, file) : file;
  const fields = FIELDS.filter((field) => config.directory === undefined || !isOutput(field));
  const changed = fields.flatMap((field) => {
    const value: unknown = config[field];
    if (value === undefined) return [];
    return [[field, Array.isArray(value) ? value.map(absolute) : absolute(value)]];
  });
  return { ...config, ...Object.fromEntries(changed), ...withAbsoluteOutput(config, absolute) };
}

/** What is not as it should be the Supervisor refuses. */
function withAbsoluteOutput(
  { directory, output }: NodeConfig,
  absolute: (file: unknown) => unknown,
): Partial<NodeConfig> {
  if (directory !== undefined || typeof output !== "object" || output === null) return {};
  return { output: { ...output, file: absolute(output.file) as string } };
}

function isOutput(field: string): boolean {
  return field === "stdoutFile" || field === "stderrFile";
}

const FIELDS = [
  "directory",
  "stdoutFile",
  "stderrFile",
  "pcapFile",
  "addlBaseScripts",
  "addlUserScripts",
] as const;
