/** From the sections of node.cfg to processes: names, order, CPUs, interfaces, environment. */
import type { Problem } from "../plan.ts";
import { balanced } from "./balance.ts";
import type { NodeSection, NodeType } from "./node-cfg.ts";
import type { Settings } from "./settings.ts";

export interface Process {
  name: string;
  section: NodeSection;
  /** Empty: it reads no packets. */
  interface: string;
  cpu?: number;
  env: Record<string, string>;
}

/** In ZeekControl's order: loggers, the manager, proxies, workers, each as in the file. */
export function expand(
  file: string,
  sections: readonly NodeSection[],
  settings: Pick<Settings, "pfRing" | "custom" | "env">,
): { processes: Process[]; problems: Problem[]; notes: Problem[] } {
  const inOrder = sections.toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  const single = inOrder.flatMap((section) => processesOf(section));
  const { processes, notes } = balanced(file, single, settings);
  return {
    processes: processes.map((one) => ({
      ...one,
      // What a method sets never overrides what somebody wrote.
      env: sorted({ ...one.env, ...settings.env, ...one.section.env }),
    })),
    problems: clashes(file, sections),
    notes,
  };
}

function processesOf(section: NodeSection): Process[] {
  const { name, balance, cpus } = section;
  if (balance === undefined) return [processOf(section, name, section.interface, cpus[0])];
  return Array.from({ length: balance.procs }, (_, index) => {
    // ZeekControl takes interfaces off the list's end.
    const own = balance.interfaces.at(-1 - index) ?? section.interface;
    return processOf(section, `${name}-${index + 1}`, own, cpus[index % cpus.length]);
  });
}

function processOf(
  section: NodeSection,
  name: string,
  own: string,
  cpu: number | undefined,
): Process {
  return { name, section, interface: own, ...(cpu === undefined ? {} : { cpu }), env: {} };
}

/** Names are names of directories, and some file systems know no capitals. */
function clashes(file: string, sections: readonly NodeSection[]): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, NodeSection | undefined>(RESERVED.map((name) => [name, undefined]));
  for (const section of sections) {
    for (const { name } of processesOf(section)) {
      const key = name.toLowerCase();
      const other = taken.get(key);
      if (taken.has(key)) {
        const by =
          other === undefined ? "Coppice's own" : `node '${other.name}', line ${other.line}`;
        problems.push({ file, line: section.line, text: `node name '${name}' is taken: ${by}` });
        break;
      }
      taken.set(key, section);
    }
  }
  return problems;
}

function sorted(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const ORDER: readonly NodeType[] = ["standalone", "logger", "manager", "proxy", "worker"];

/** The archiver's name, and directories beside those of the nodes. */
const RESERVED: readonly string[] = ["archiver", "log-queue", "extract_files", "stores"];
