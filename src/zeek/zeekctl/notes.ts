/** What the plan does otherwise than ZeekControl, or not at all, beyond single keys and options. */
import type { Problem } from "../plan.ts";
import type { NodeSection } from "./node-cfg.ts";
import type { Ports } from "./ports.ts";
import type { Settings } from "./settings.ts";

/** Where an option is set, or where it would be. */
export type At = (option: string) => Pick<Problem, "file" | "line">;

export function zoneNotes(file: string, sections: readonly NodeSection[]): Problem[] {
  return sections
    .filter(({ zoneId }) => zoneId !== "")
    .map((section) => ({
      file,
      line: section.lineOf("zone_id"),
      text: `node '${section.name}': 'zone_id' is left out: it is for clusters of several hosts`,
    }));
}

export function settingsNotes(settings: Settings, at: At): Problem[] {
  const notes: Problem[] = [];
  if (settings.memoryLimit !== undefined) {
    const text = "MemLimit counts address space, of which Zeek has far more than it uses";
    notes.push({ ...at("MemLimit"), text: `${text}: a node's memoryMax is exact` });
  }
  if (settings.rotationInterval === 0) {
    const text = "LogRotationInterval is 0: logs stay where they are written, are not archived";
    notes.push({ ...at("LogRotationInterval"), text: `${text}, and are lost at the next start` });
  }
  return notes;
}

/** A server whose port Linux may give to a client's connection fails to start now and then. */
export function ephemeralNotes({ ranges }: Ports, at: At): Problem[] {
  return ranges
    .filter(({ first, last }) => first <= EPHEMERAL.last && last >= EPHEMERAL.first)
    .map(({ option, first, last }) => {
      const text = `${option}: ports ${first} to ${last} are among those that Linux gives to clients`;
      return { ...at(option), text: `${text} (${EPHEMERAL.first} to ${EPHEMERAL.last})` };
    });
}

export function portProblems({ ranges }: Ports, at: At): Problem[] {
  const problems: Problem[] = [];
  for (const { option, first, last } of ranges) {
    if (last <= 65_535) continue;
    const text = `${option} ${first} is too high: the nodes need ports up to ${last}`;
    problems.push({ ...at(option), text });
  }
  const [zeek, metrics] = ranges;
  if (zeek && metrics && zeek.first <= metrics.last && metrics.first <= zeek.last) {
    const text = `MetricsPort: ports ${metrics.first} to ${metrics.last} meet those from ZeekPort`;
    problems.push({ ...at("MetricsPort"), text: `${text}, ${zeek.first} to ${zeek.last}` });
  }
  return problems;
}

/** Linux's default of `net.ipv4.ip_local_port_range`. */
const EPHEMERAL = { first: 32_768, last: 60_999 };
