/** `coppice create`: new nodes, from a file or from options. */
import type { RemoteSupervisor } from "../../control/client.ts";
import type { NodeConfig } from "../../core/config.ts";
import { type Outcome, runAll } from "../acts.ts";
import { configsIn, isFile } from "../config-file.ts";
import { CONFIG_OPTIONS, configFrom } from "../config-options.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { withRemote } from "../remote.ts";
import { stateText } from "../status-table.ts";
import { tellingWaits } from "../wait-note.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const configs = await configsOf(line, context);
  return withRemote(line, context, async (remote) => {
    const tasks = configs.map((config) => ({
      node: config.name,
      act: () => create(remote, config, context),
    }));
    return runAll(line, context, tasks);
  });
}

async function configsOf(line: Line, context: Context): Promise<NodeConfig[]> {
  const [operand, ...more] = line.operands;
  if (operand === undefined) throw line.wrong("which node? coppice create NAME, or FILE, or -");
  if (more.length > 0)
    throw line.wrong(`one NAME or FILE, then the command after --, not '${more.join(" ")}'`);
  if (!isFile(operand)) return [configFrom(line, operand, context.directory)];
  const given = Object.keys(CONFIG_OPTIONS).find((option) => line.has(option));
  if (given !== undefined || line.rest !== undefined)
    throw line.wrong(
      `'${operand}' is a file that says all of the node: ${given === undefined ? "a command" : `--${given}`} goes with a name`,
    );
  return configsIn(operand, context);
}

async function create(
  remote: RemoteSupervisor,
  config: NodeConfig,
  context: Context,
): Promise<Outcome> {
  const { name } = config;
  const status = await tellingWaits(remote.create(config), name, remote, context);
  const { pid } = status;
  if (pid !== undefined) return { done: true, pid, text: `created '${name}' (PID ${pid})` };
  const state = stateText(status, context.now());
  return {
    done: false,
    error: `node '${name}' was created, but could not be started (${state}): see coppice logs ${name}`,
  };
}
