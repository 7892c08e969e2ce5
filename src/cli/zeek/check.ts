/** `coppice zeek check FILE`: what would run, and whether it could; nothing is touched. */
import type { NodeConfig } from "../../core/config.ts";
import { killedWithUs } from "../../os/tools.ts";
import { ZeekInstallations } from "../../os/zeek-installation.ts";
import { zeekLaunch } from "../../zeek/launch.ts";
import { LAYOUT_FILE } from "../../zeek/layout.ts";
import { problemText } from "../../zeek/plan.ts";
import { parseVersion } from "../../zeek/version.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { jsonLine } from "../printable.ts";
import { sayError, sayNote } from "../say.ts";
import { launchPlaces } from "./installed.ts";
import { type Obstacles, obstaclesOf } from "./obstacles.ts";
import { type Candidate, type ParseResult, parseScripts } from "./parse-scripts.ts";
import { type FilePlan, planFile } from "./plan-file.ts";
import { printLines } from "./print-lines.ts";
import { requestOf } from "./request.ts";
import { indented, planText, type ShownNode, shownNode } from "./shown-plan.ts";
import { listenersOf } from "./taken-ports.ts";

/** @returns the exit status: 0 if nothing is wrong */
export async function check(file: string, line: Line, context: Context): Promise<number> {
  const request = requestOf(file, line, context);
  const limit = line.seconds("timeout") ?? LIMIT_MS;
  const prefix = killedWithUs();
  const installations = new ZeekInstallations(prefix);
  const planned = await planFile(request, context.env, installations);
  if ("problems" in planned) {
    const problems = planned.problems.map(problemText);
    if (line.flag("json")) writeJson(context, { file, problems });
    for (const problem of problems) sayError(context, problem);
    return 1;
  }
  const { plan } = planned;
  const obstacles = obstaclesOf(plan, context.env, request.stateDirectory);
  const notes = [...plan.notes, ...obstacles.notes];
  const isJson = line.flag("json");
  for (const note of isJson ? [] : notes) sayNote(context, note);
  const around = { ...request, env: context.env };
  const { nodes, candidates, layout } = await shown(plan, around, installations);
  if (!isJson) printLines(context, planText(plan, nodes, layout));
  const { beforeSignal } = context;
  const results = await parseScripts(candidates, { limit, prefix, beforeSignal });
  if (isJson)
    writeJson(context, { ...about(plan), notes, layout, nodes, ...outcome(obstacles, results) });
  else printLines(context, `\n${results.map(resultText).join("")}`);
  const problems = obstacles.problems.map(problemText);
  for (const problem of problems) sayError(context, problem);
  return problems.length === 0 && results.every(({ isOk }) => isOk) ? 0 : 1;
}

/** Each node's start, by the functions that the Stem starts it with. */
async function shown(
  plan: FilePlan,
  around: Parameters<typeof launchPlaces>[1],
  installations: ZeekInstallations,
): Promise<{ nodes: ShownNode[]; candidates: Candidate[]; layout: string | undefined }> {
  const version = parseVersion(plan.installation.version);
  const listeners = version === undefined ? [] : listenersOf(plan, version);
  const nodes: ShownNode[] = [];
  const candidates: Candidate[] = [];
  let layout: string | undefined;
  for (const node of plan.nodes) {
    if (isProgram(node)) {
      nodes.push(shownNode(node, undefined, listeners, around.env));
      continue;
    }
    const candidate = await launchPlaces(node, around, installations);
    const launch = zeekLaunch(candidate.config, candidate.places);
    layout ??= launch.scripts.get(LAYOUT_FILE);
    candidates.push(candidate);
    nodes.push(shownNode(candidate.config, launch, listeners, around.env));
  }
  return { nodes, candidates, layout };
}

function isProgram({ zeek }: NodeConfig): boolean {
  return zeek === undefined;
}

/** ZeekControl's words. */
function resultText({ node, isOk, output }: ParseResult): string {
  const verdict = `${node} scripts ${isOk ? "are ok" : "failed"}.\n`;
  return output.trim() === "" ? verdict : `${verdict}${indented(output).join("\n")}\n`;
}

function about({ kind, source, installation, directories }: FilePlan) {
  const { version, executable, prefix } = installation;
  return { file: source.file, kind, zeek: { version, executable, prefix }, directories };
}

function outcome({ problems }: Obstacles, results: readonly ParseResult[]) {
  return {
    problems: problems.map(problemText),
    scripts: results.map(({ node, isOk, output }) => ({ node, ok: isOk, output })),
  };
}

function writeJson({ stdout }: Context, value: unknown): void {
  stdout.write(jsonLine(value));
}

const LIMIT_MS = 60_000;
