/** What one process uses at this moment. */
import fs from "node:fs";
import { cpuTimeOf, statFields } from "./proc-stat.ts";

export interface Sample {
  /** CPU time so far in milliseconds, without that of its children. */
  cpu: number;
  /** Resident memory in bytes, and the most that it ever was. */
  memory: number;
  peakMemory: number;
}

/** Undefined if there is no such process, or if it is a zombie, which has no memory any more. */
export function sampleOf(pid: number): Sample | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  try {
    // In this encoding it is read in one go; see statFields.
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    const memory = kilobytes(status, "VmRSS");
    if (memory === undefined) return undefined;
    const peakMemory = kilobytes(status, "VmHWM") ?? memory;
    return { cpu: cpuTimeOf(fields), memory: memory * 1024, peakMemory: peakMemory * 1024 };
  } catch {
    return undefined; // It has ended since.
  }
}

function kilobytes(status: string, field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
}
