/** What a configuration file asks for: the one way from a file to nodes, for whoever plans again later. */
import type { NodeConfig } from "../../core/config.ts";
import { NodeConfigError } from "../../errors.ts";
import { resolveHost } from "../../os/host.ts";
import type { ZeekInstallations } from "../../os/zeek-installation.ts";
import { acceptConfig } from "../../supervisor/config/config-schema.ts";
import { archivedToTheEnd } from "../../zeek/archiving.ts";
import type { Kind } from "../../zeek/kind.ts";
import {
  type Installation,
  type Plan,
  type Planned,
  type Problem,
  problemText,
} from "../../zeek/plan.ts";
import { ownScriptsFirst } from "../../zeek/search-path.ts";
import { type Dialect, dialectOf } from "../../zeek/zeek-conf/dialect.ts";
import { planZeekConf } from "../../zeek/zeek-conf/plan-zeek-conf.ts";
import { planNodeCfg } from "../../zeek/zeekctl/plan-node-cfg.ts";
import { type FoundFile, findFile } from "./find-file.ts";
import { findZeek } from "./find-zeek.ts";
import { ownHostFile } from "./host-file.ts";
import { hashSeed } from "./seed.ts";

export interface PlanRequest {
  /** As it was given: of a file or of a directory. */
  file: string;
  as?: Kind;
  zeek?: string;
  prefix?: string;
  dialect?: Dialect;
  /** Where relative names start. */
  here: string;
  /** Absolute. It need not be there. */
  stateDirectory: string;
}

export interface FilePlan extends Plan {
  kind: Kind;
  /** What was read. */
  source: FoundFile["source"];
  installation: Installation;
  /** Zeek's `global_hash_seed`, to be kept in the state directory where the plan depends on it. */
  seed?: string;
}

/** Touches nothing. @throws FileError, ZeekError (rejections) */
export async function planFile(
  request: PlanRequest,
  env: Record<string, string | undefined>,
  installations: ZeekInstallations,
): Promise<{ plan: FilePlan } | { problems: Problem[] }> {
  const found = findFile(request.file, request.as, request.here);
  const { kind, source } = found;
  const which = { ...request, file: source.file, env };
  const installation = await findZeek(which, installations);
  const seed = kind === "node.cfg" ? hashSeed(request.stateDirectory) : undefined;
  const planned =
    seed === undefined
      ? ownFileFirst(request, source, installation)
      : await planZeekctl(found, installation, seed);
  if ("problems" in planned) return planned;
  const nodes = ownScriptsFirst(archivedToTheEnd(planned.plan.nodes), installation);
  const problems = refusals(nodes, source.file);
  if (problems.length > 0) return { problems };
  const whole = { ...planned.plan, nodes, kind, source, installation };
  return { plan: seed === undefined ? whole : { ...whole, seed } };
}

/** Of a directory, the file of this very host is what was asked for; a zeek.conf that is named, is. */
function ownFileFirst(
  { file, here, dialect }: PlanRequest,
  source: FoundFile["source"],
  installation: Installation,
): Planned {
  const meant = dialect ?? dialectOf(installation.version);
  const own = meant === "9.0" ? ownHostFile(source.file, here, installation) : undefined;
  if (own !== undefined && file !== source.file) {
    return { problems: [{ ...own, text: `${own.text}; name ${source.file} to run that` }] };
  }
  const planned = planZeekConf(source, installation, { dialect: meant });
  if (own === undefined || "problems" in planned) return planned;
  const notes = [problemText(own), ...planned.plan.notes];
  return { plan: { ...planned.plan, notes } };
}

/** Twice: which names there are to resolve, the plan itself finds out. */
async function planZeekctl(
  { source: nodeCfg, beside }: FoundFile,
  installation: Installation,
  seed: string,
): Promise<Planned> {
  const sources = { nodeCfg, ...beside };
  const asked = new Set<string>();
  const known = new Map<string, string[] | undefined>();
  planNodeCfg(sources, installation, (host) => void asked.add(host), seed);
  await Promise.all([...asked].map(async (host) => known.set(host, await resolveHost(host))));
  return planNodeCfg(sources, installation, (host) => known.get(host), seed);
}

/** What the Supervisor would refuse. */
function refusals(nodes: readonly NodeConfig[], file: string): Problem[] {
  const known = new Map<string, NodeConfig>();
  return nodes.flatMap((node) => {
    try {
      known.set(
        node.name,
        acceptConfig(node, (name) => known.get(name)),
      );
      return [];
    } catch (error) {
      if (!(error instanceof NodeConfigError)) throw error;
      return [{ file, text: error.message }];
    }
  });
}
