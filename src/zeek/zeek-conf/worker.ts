/** What sets one worker apart from the others: its CPU, its interface, the names it can use. */
import type { Process, Worker } from "./cluster-table.ts";
import type { Dialect } from "./dialect.ts";

/** Counted for each interface, as Zeek documents it; see `cpuNotes` for where Zeek does otherwise. */
export function cpuOf({ of, index }: Worker): number | undefined {
  return nth(of.workers_cpu_list.value, index);
}

/** The CPU that it would have if the workers of all interfaces were counted together. */
export function hostWideCpuOf({ of, hostIndex }: Worker): number | undefined {
  return nth(of.workers_cpu_list.value, hostIndex);
}

/** What `${…}` can stand for; nothing for a process that is no worker. */
export function variablesOf({ name, worker }: Process, dialect: Dialect): Map<string, string> {
  if (worker === undefined) return new Map();
  const { index, hostIndex, of } = worker;
  const cpu = cpuOf(worker);
  const variables = new Map([
    ["worker_index", `${index}`],
    ["worker_index0", `${index - 1}`],
  ]);
  if (dialect === "8.x") {
    return variables.set("worker_name", name).set("worker_cpu", `${cpu ?? ""}`);
  }
  variables.set("host_worker_index", `${hostIndex}`).set("host_worker_index0", `${hostIndex - 1}`);
  if (cpu !== undefined) variables.set("worker_cpu", `${cpu}`);
  if (of.name !== "") variables.set("interface_section_name", of.name);
  return variables;
}

function nth(cpus: readonly number[], index: number): number | undefined {
  return cpus[(index - 1) % cpus.length];
}
