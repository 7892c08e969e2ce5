/** Configurations of nodes, as `coppice create` reads them from a file. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { NodeConfig } from "../core/config.ts";
import { NodeConfigError, ScriptError } from "../errors.ts";
import { installModuleHooks } from "../script/modules.ts";
import type { Context } from "./context.ts";
import { readFile } from "./files.ts";
import { withAbsolutePaths } from "./own-paths.ts";

/** Whether an operand of `create` is a file, and not the name of a node. */
export function isFile(operand: string): boolean {
  return operand === "-" || operand.includes("/") || /\.(?:json|[mc]?[tj]s)$/.test(operand);
}

/** @param operand a file, or `-` for stdin. @throws CoppiceError, NodeConfigError, ScriptError */
export async function configsIn(
  operand: string,
  context: Pick<Context, "directory" | "stdin">,
): Promise<NodeConfig[]> {
  const file = path.resolve(context.directory, operand);
  const value =
    operand === "-"
      ? parsed(await context.stdin(), "stdin")
      : /\.[mc]?[tj]s$/.test(operand)
        ? await exported(file)
        : parsed(readFile(file, "the configuration"), file);
  const where = operand === "-" ? "stdin" : file;
  const configs: unknown[] = Array.isArray(value) ? value : [value];
  if (configs.length === 0) throw new NodeConfigError(`${where} has no nodes`);
  return configs.map((config) => withAbsolutePaths(checked(config, where), context.directory));
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NodeConfigError(`${where} is not JSON: ${(error as Error).message}`);
  }
}

/** The default export of a module, or the one that is called `nodes` or `node`. */
async function exported(file: string): Promise<unknown> {
  installModuleHooks(path.dirname(file));
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ScriptError(file, error instanceof Error ? error.message : String(error));
  }
  const value = module["default"] ?? module["nodes"] ?? module["node"];
  if (value === undefined)
    throw new ScriptError(file, "it exports nothing as default, 'nodes' or 'node'");
  return value;
}

/** The Supervisor checks everything else. */
function checked(config: unknown, where: string): NodeConfig {
  const isConfig =
    typeof config === "object" &&
    config !== null &&
    "name" in config &&
    typeof config.name === "string";
  if (!isConfig) throw new NodeConfigError(`${where}: a node's configuration needs a name`);
  return config as NodeConfig;
}
