/** A zeek.conf, the file of zeek-systemd-generator, as nodes. */
import { type Installation, type Plan, type Planned, problemText, type Source } from "../plan.ts";
import { processesOf } from "./cluster-table.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { parse, type Remark } from "./grammar.ts";
import { nodesOf } from "./nodes.ts";
import { type Note, notesOf } from "./notes.ts";
import { placesOf } from "./places.ts";
import { unmetRequirements } from "./requirements.ts";
import { readSettings, type Settings } from "./settings.ts";

export interface ZeekConfOptions {
  /** How the file is to be read. Default: as the installed Zeek reads it. */
  dialect?: Dialect;
}

/**
 * The nodes of a cluster on this host, or all that is wrong with the file, with lines. What one thing
 * wrong would make look wrong besides is left out: keys are looked at in a file whose lines are right,
 * and what must hold between them if each of them is.
 */
export function planZeekConf(
  source: Source,
  installation: Installation,
  options: ZeekConfOptions = {},
): Planned {
  const dialect = options.dialect ?? dialectOf(installation.version);
  const refused = (problems: readonly Remark[]): Planned => ({
    problems: problems
      .toSorted((a, b) => a.line - b.line)
      .map((problem) => ({ file: source.file, ...problem })),
  });
  if (dialect === "9.0" && isOfSeveralHosts(source.file)) return refused([SEVERAL_HOSTS]);
  const parsed = parse(source.text, dialect);
  if (parsed.problems.length > 0) return refused(parsed.problems);
  const { settings, ...read } = readSettings(parsed.sections, dialect);
  if (read.problems.length > 0) return refused(read.problems);
  const places = placesOf(settings, installation);
  const directories = [places.spool, places.logQueue, places.logs];
  const planned = (nodes: Plan["nodes"], notes: readonly Note[]): Planned => ({
    plan: {
      nodes,
      notes: [...parsed.notes, ...read.notes, ...notes].map((note) =>
        problemText({ file: source.file, ...note }),
      ),
      directories,
    },
  });
  if (isSwitchedOff(settings, dialect)) return planned([], [SWITCHED_OFF]);
  const unmet = unmetRequirements(settings, dialect, installation);
  if (unmet.length > 0) return refused(unmet);
  const { nodes, problems } = nodesOf({ settings, dialect, installation, places });
  if (problems.length > 0) return refused(problems);
  return planned(nodes, notesOf(settings, processesOf(settings), dialect));
}

/** HOST.zeek.conf describes one host of several, whatever stands in it (`HasFilenameHost`). */
function isOfSeveralHosts(file: string): boolean {
  return /(^|\/)[^/]+\.zeek\.conf$/.test(file);
}

function isSwitchedOff({ interfaces }: Settings, dialect: Dialect): boolean {
  return dialect === "8.x" && interfaces.every(({ interface: { value } }) => value === "");
}

const SWITCHED_OFF = { text: "no interface, and so nothing runs, as Zeek 8.x has it" };
const SEVERAL_HOSTS = {
  line: 1,
  text: "HOST.zeek.conf is for a cluster on several hosts, which is not supported yet: name it zeek.conf for one on this host",
};
