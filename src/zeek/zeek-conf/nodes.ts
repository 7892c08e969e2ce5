/** The nodes that a file's processes become. */
import type { NodeConfig, ZeekConfig } from "../../core/config.ts";
import type { Installation } from "../plan.ts";
import { isAtLeast } from "../version.ts";
import { backendArguments } from "./backend-args.ts";
import { clusterTable, type Process, processesOf } from "./cluster-table.ts";
import type { Dialect } from "./dialect.ts";
import type { Remark } from "./grammar.ts";
import type { Variable } from "./kinds.ts";
import type { Places } from "./places.ts";
import { settingsScripts } from "./scripts.ts";
import type { Setting, Settings } from "./settings.ts";
import { type Env, environment, interfaceOf } from "./substitution.ts";
import { cpuSetText } from "./values.ts";
import { cpuOf, variablesOf } from "./worker.ts";

export interface Context {
  settings: Settings;
  dialect: Dialect;
  installation: Installation;
  places: Places;
}

/** As they are shown: loggers, the manager, proxies, workers, the archiver. */
export function nodesOf(context: Context): { nodes: NodeConfig[]; problems: Remark[] } {
  const problems: Remark[] = [];
  const processes = processesOf(context.settings);
  const cluster = clusterTable(processes, context.settings);
  const nodes = processes
    .toSorted((a, b) => SHOWN.indexOf(a.role) - SHOWN.indexOf(b.role))
    .map((process) => ({ ...zeekNode(process, context, problems), cluster }));
  return { nodes: [...nodes, ...archiverNode(context, problems)], problems };
}

function zeekNode(process: Process, context: Context, problems: Remark[]): NodeConfig {
  const { name, place, worker } = process;
  const { settings, dialect, places } = context;
  const variables = variablesOf(process, dialect);
  const { env, args, wrapper, nice, memoryMax } = roleSettings(process, settings);
  const nodeEnv = {
    PATH: places.path,
    ...environment(settings.zeek.env, "env", variables, problems),
    ...environment(env.setting, env.key, variables, problems),
  };
  const cpu = worker === undefined ? undefined : cpuOf(worker);
  const device = worker === undefined ? undefined : interfaceOf(worker, variables, problems);
  return {
    name,
    directory: `${places.spool}/${place}`,
    ...(device === undefined ? {} : { interface: device }),
    ...(cpu === undefined ? {} : { cpuAffinity: cpu }),
    ...identity(settings),
    ...limits(nice, memoryMax),
    env: nodeEnv,
    zeek: {
      ...zeekConfig(context, nodeEnv),
      args: [
        ...backendArguments(settings.zeek.cluster_backend_args.value).args,
        ...args,
        ...settings.zeek.args.value,
      ],
      ...(wrapper.length === 0 ? {} : { wrapper }),
    },
    ...policy(settings),
  };
}

function zeekConfig({ settings, dialect, installation, places }: Context, env: Env): ZeekConfig {
  const { zeek } = settings;
  const { version } = installation;
  const managerLogs = zeek.loggers.value === 0;
  // The script that Zeek has for it came with 8.1, and with 9.0 for a manager that logs.
  const hasLogScript = isAtLeast(version, 8, 1) && !(managerLogs && !isAtLeast(version, 9, 0));
  const layout = zeek.cluster_layout.value;
  return {
    executable: places.executable,
    backend: backendArguments(zeek.cluster_backend_args.value).backend,
    ...(hasLogScript ? { logScript: "policy/misc/systemd-generator" } : {}),
    logQueue: places.logQueue,
    ...(places.zeekPath.length === 0 ? {} : { path: places.zeekPath }),
    ...(layout === undefined ? {} : { layout }),
    ...settingsScripts(settings, dialect, env),
  };
}

interface RoleSettings {
  env: { key: string; setting: Setting<Variable[]> };
  args: string[];
  wrapper: string[];
  nice: number | undefined;
  memoryMax: string | undefined;
}

function roleSettings({ role, worker }: Process, { zeek }: Settings): RoleSettings {
  if (worker !== undefined) {
    const { worker_env, worker_args, worker_nice, worker_memory_max, worker_numa_policy } =
      worker.of;
    return {
      env: { key: "worker_env", setting: worker_env },
      args: worker_args.value,
      wrapper: worker_numa_policy.value === "local" ? ["numactl", "--localalloc"] : [],
      nice: worker_nice.value,
      memoryMax: worker_memory_max.value,
    };
  }
  const word = role === "LOGGER" ? "logger" : role === "PROXY" ? "proxy" : "manager";
  return {
    env: { key: `${word}_env`, setting: zeek[`${word}_env`] },
    args: zeek[`${word}_args`].value,
    wrapper: wrapperOf(zeek[`${word}_cpu_set`].value),
    nice: zeek[`${word}_nice`].value,
    memoryMax: zeek[`${word}_memory_max`].value,
  };
}

/** It executes Zeek in its own place, so that the process is Zeek's in the end. */
function wrapperOf(cpus: readonly number[]): string[] {
  return cpus.length === 0 ? [] : ["taskset", "-c", cpuSetText(cpus)];
}

function limits(
  nice: number | undefined,
  memoryMax: string | undefined,
): Pick<NodeConfig, "nice" | "memoryMax"> {
  return {
    ...(nice === undefined || nice === 0 ? {} : { nice }),
    ...(memoryMax === undefined ? {} : { memoryMax }),
  };
}

function identity({ zeek }: Settings): Pick<NodeConfig, "user" | "group"> {
  const { user, group } = zeek;
  return {
    ...(user.value === undefined ? {} : { user: user.value }),
    ...(group.value === undefined ? {} : { group: group.value }),
  };
}

function archiverNode({ settings, places }: Context, problems: Remark[]): NodeConfig[] {
  const { zeek } = settings;
  const byDefault = zeek.manager.value || zeek.loggers.value > 0;
  const wanted = zeek.archiver.value ?? byDefault;
  if (wanted === false) return [];
  const args = zeek.archiver_args.value;
  const command =
    wanted === true
      ? [places.archiver, ...args, places.logQueue, places.logs]
      : [...wanted, ...args];
  const env = {
    ...environment(zeek.env, "env", new Map(), problems),
    ...environment(zeek.archiver_env, "archiver_env", new Map(), problems),
  };
  return [
    {
      name: "archiver",
      directory: places.spool,
      command: [...wrapperOf(zeek.archiver_cpu_set.value), ...command],
      ...identity(settings),
      ...limits(zeek.archiver_nice.value, zeek.archiver_memory_max.value),
      ...(Object.keys(env).length === 0 ? {} : { env }),
      ...policy(settings),
    },
  ];
}

/** As systemd has it: always after the same delay, for ever; 90 s from SIGTERM to SIGKILL. */
function policy({ zeek }: Settings): Pick<NodeConfig, "revival" | "stop"> {
  return {
    revival: { delay: zeek.restart_interval_sec.value * 1_000, factor: 1 },
    stop: { interval: 2_000, attempts: 45 },
  };
}

const SHOWN: readonly string[] = ["LOGGER", "MANAGER", "PROXY", "WORKER"];
