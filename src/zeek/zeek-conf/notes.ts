/** What is worth knowing of a plan: what is not done, and what is done otherwise than elsewhere. */
import type { Process } from "./cluster-table.ts";
import type { Dialect } from "./dialect.ts";
import type { InterfaceSettings, Settings } from "./settings.ts";
import { cpuOf, hostWideCpuOf } from "./worker.ts";

/** `line` is unset for what the file does not say. */
export interface Note {
  line?: number;
  text: string;
}

export function notesOf(
  settings: Settings,
  processes: readonly Process[],
  dialect: Dialect,
): Note[] {
  return [
    ...defaultsHeld(settings, dialect),
    ...memoryLimits(settings),
    ...restartInterval(settings),
    ...fanout(settings),
    ...settings.interfaces.flatMap((of) => interfaceNotes(of, processes, dialect)),
  ];
}

/** The same file is another cluster to another Zeek, if these keys are not in it. */
function defaultsHeld({ zeek }: Settings, dialect: Dialect): Note[] {
  const { manager, loggers, proxies } = zeek;
  const keys = dialect === "8.x" ? { loggers, proxies } : { manager, loggers, proxies };
  const unset = Object.entries(keys).flatMap(([key, { line }]) => (line === undefined ? key : []));
  if (unset.length === 0) return [];
  const held =
    dialect === "8.x" ? "1, as Zeek 8.x has it (9.0: 0)" : "0, as Zeek 9.0 has it (8.x: 1)";
  return [{ text: `not set, and so ${held}: ${unset.join(", ")}` }];
}

/** systemd passes over a limit that the machine cannot keep; a node here does not start then. */
function memoryLimits({ zeek, interfaces }: Settings): Note[] {
  const limits = [
    zeek.manager_memory_max,
    zeek.logger_memory_max,
    zeek.proxy_memory_max,
    zeek.archiver_memory_max,
    ...interfaces.map(({ worker_memory_max }) => worker_memory_max),
  ];
  const first = limits.find(({ line, value }) => line !== undefined && value !== undefined);
  if (first?.line === undefined) return [];
  const text =
    "memory is limited by control groups (cgroup v2): without them these nodes do not start";
  return [{ line: first.line, text }];
}

function restartInterval({ zeek }: Settings): Note[] {
  const { value, line } = zeek.restart_interval_sec;
  if (line === undefined) return [];
  const text = `a node starts again ${value} s after its last start at the earliest`;
  return [{ line, text: `${text}, and the delay does not grow, as systemd's does not` }];
}

/** The kernel refuses a fanout group that spans interfaces: all but the first would read nothing. */
function fanout({ zeek, interfaces }: Settings): Note[] {
  const groups = new Map<string, string>();
  return interfaces.flatMap(({ interface: { value: device, line }, worker_args: own }) => {
    if (line === undefined || !device.startsWith("af_packet::")) return [];
    const args = [...own.value, ...zeek.args.value].toReversed();
    const given = args.flatMap((arg) => /^AF_Packet::fanout_id=(.+)$/.exec(arg)?.[1] ?? [])[0];
    const id = given ?? ZEEK_FANOUT_ID;
    const other = groups.get(id) ?? device;
    groups.set(id, other);
    if (other === device) return [];
    const text = `'${device}' has the fanout id ${id} of '${other}': give one of them another`;
    return [{ line, text: `${text} with 'worker_args = AF_Packet::fanout_id=N'` }];
  });
}

function interfaceNotes(
  of: InterfaceSettings,
  processes: readonly Process[],
  dialect: Dialect,
): Note[] {
  const notes: Note[] = [];
  const { worker_numa_policy: policy, workers_cpu_list: cpus } = of;
  if (policy.value === "local" && policy.line !== undefined) {
    notes.push({
      line: policy.line,
      text: "worker_numa_policy is set by numactl, which must be there",
    });
  }
  const moved = processes.find(
    ({ worker }) => worker?.of === of && cpuOf(worker) !== hostWideCpuOf(worker),
  );
  if (dialect === "9.0" && cpus.line !== undefined && moved?.worker !== undefined) {
    const { name, worker } = moved;
    const text = `workers_cpu_list is counted for each interface, so ${name} runs on CPU ${cpuOf(worker)}`;
    const otherwise = `Zeek 9.0.0-rc1 counts the workers of all interfaces, for CPU ${hostWideCpuOf(worker)}`;
    notes.push({ line: cpus.line, text: `${text}; ${otherwise}` });
  }
  return notes;
}

/** Zeek's default of `AF_Packet::fanout_id`. */
const ZEEK_FANOUT_ID = "23";
