/** What on this machine would keep a plan's nodes from starting, found out without touching anything. */
import fs from "node:fs";
import type { NodeConfig } from "../../core/config.ts";
import { nearest } from "../../core/nearest.ts";
import { networkDevices } from "../../os/host.ts";
import { errnoText, findExecutable } from "../../os/tools.ts";
import { archiverIn } from "../../zeek/archiving.ts";
import { deviceOf } from "../../zeek/device.ts";
import { leftOut } from "../../zeek/layout-names.ts";
import { missingBackend } from "../../zeek/listeners.ts";
import { type Problem, problemText } from "../../zeek/plan.ts";
import { backendProblem, parseVersion, type Version } from "../../zeek/version.ts";
import type { FilePlan } from "./plan-file.ts";
import { takenPorts } from "./taken-ports.ts";

export interface Obstacles {
  problems: Problem[];
  notes: string[];
}

/** @param stateDirectory of the tree: what holds its nodes' ports now, its own nodes, goes first */
export function obstaclesOf(
  plan: FilePlan,
  env: Record<string, string | undefined>,
  stateDirectory: string,
): Obstacles {
  const found: Obstacles = { problems: [], notes: [] };
  const { file } = plan.source;
  const version = parseVersion(plan.installation.version);
  for (const node of plan.nodes) {
    const refuse = (text: string) => found.problems.push({ file, text });
    const note = (text: string) => found.notes.push(problemText({ file, text }));
    program(node, env, refuse, note);
    if (version !== undefined) backend(node, version, refuse, note);
  }
  layout(plan, found);
  devices(plan, found);
  if (version !== undefined) takenPorts(plan, version, stateDirectory, found);
  return found;
}

type Say = (text: string) => unknown;

function program(
  { name, zeek, command, env: own }: NodeConfig,
  env: Record<string, string | undefined>,
  refuse: Say,
  note: Say,
): void {
  const search = own?.["PATH"] ?? env["PATH"];
  const wrapper = [zeek?.wrapper?.[0], zeek?.executable].filter((one) => one !== undefined);
  const first = command?.slice(0, 1) ?? wrapper;
  const archiver = archiverIn(command);
  for (const word of new Set(archiver === undefined ? first : [...first, archiver])) {
    const found = findExecutable(word, search, "/");
    if ("file" in found) continue;
    const text = `node '${name}': cannot execute ${word}: ${found.problem}`;
    // Packets are analysed without it, and logs wait in the queue.
    if (command !== undefined) note(`${text}; it is tried again and again`);
    else refuse(text);
  }
}

function backend(node: NodeConfig, version: Version, refuse: Say, note: Say): void {
  const problem = backendProblem(node.zeek?.backend, version);
  if (problem !== undefined) refuse(`node '${node.name}': ${problem}`);
  const doubt = missingBackend(node, version);
  if (doubt !== undefined) note(`node '${node.name}': ${doubt}`);
}

/** One file for all nodes, which name it absolutely. */
function layout({ nodes, source: { file, text } }: FilePlan, { problems, notes }: Obstacles): void {
  const own = nodes.filter(({ zeek }) => zeek?.layout !== undefined);
  const name = own[0]?.zeek?.layout;
  if (name === undefined) return;
  const at = { file, ...firstLine(text, (line) => line.startsWith("cluster_layout")) };
  try {
    const inFile = fs.readFileSync(name, "utf8");
    const { names, isCertain } = leftOut(
      inFile,
      own.map((node) => node.name),
    );
    if (names.length === 0) return;
    const problem = { ...at, text: `the layout ${name} has no ${names.join(", ")}` };
    if (isCertain) problems.push(problem);
    else notes.push(problemText({ ...problem, text: `${problem.text}, as far as it can be told` }));
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    problems.push({ ...at, text: `cannot read the layout ${name}: ${reason}` });
  }
}

function devices({ nodes, source }: FilePlan, { problems, notes }: Obstacles): void {
  const known = networkDevices();
  if (known === undefined) return;
  for (const { name, interface: given } of nodes) {
    const device = given === undefined ? undefined : deviceOf(given);
    if (device === undefined) continue;
    const at = { file: source.file, ...firstLine(source.text, isAbout(device)) };
    const isUp = known.get(device);
    if (isUp === undefined) {
      const names = [...known.keys()];
      const meant = nearest(device, names);
      const hint =
        meant === undefined ? `there are ${names.join(", ")}` : `did you mean '${meant}'?`;
      problems.push({ ...at, text: `node '${name}': there is no interface '${device}'; ${hint}` });
    } else if (!isUp) {
      notes.push(problemText({ ...at, text: `node '${name}': interface '${device}' is down` }));
    }
  }
}

/** Of the lines about interfaces, one that names the device: the plan no longer knows which it was. */
function isAbout(device: string): (line: string) => boolean {
  const words = (line: string) => line.split(/[\s,=:]+/);
  return (line) => /^(?!\s*[#;]).*interface/i.test(line) && words(line).includes(device);
}

function firstLine(text: string, isIt: (line: string) => boolean): { line?: number } {
  const index = text.split("\n").findIndex(isIt);
  return index === -1 ? {} : { line: index + 1 };
}
