/** What on this machine would keep a plan's nodes from starting, found out without touching anything. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { nearest } from "../../core/nearest.ts";
import { networkDevices } from "../../os/host.ts";
import { holderOf, isWildcard, type Listening, listeningSockets } from "../../os/listening.ts";
import { environmentOf } from "../../os/node-process.ts";
import { errnoText, findExecutable } from "../../os/tools.ts";
import { places } from "../../wire/stem-setup.ts";
import { archiverIn } from "../../zeek/archiving.ts";
import { deviceOf } from "../../zeek/device.ts";
import { leftOut } from "../../zeek/layout-names.ts";
import {
  defaultHub,
  type Listener,
  layoutListeners,
  missingBackend,
} from "../../zeek/listeners.ts";
import { type Problem, problemText } from "../../zeek/plan.ts";
import { backendProblem, parseVersion, type Version } from "../../zeek/version.ts";
import type { FilePlan } from "./plan-file.ts";

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
  if (version !== undefined) ports(plan, version, stateDirectory, found);
  return found;
}

/** Every port that the nodes will listen on, as far as that is known. */
export function listenersOf(plan: FilePlan, version: Version): Listener[] {
  const { nodes, listeners = defaultHub(nodes, version) } = plan;
  return [...listeners, ...layoutListeners(nodes, version)];
}

type Say = (text: string) => unknown;
type Holder = NonNullable<ReturnType<typeof holderOf>>;

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
  const line = text.split("\n").findIndex((one) => one.startsWith("cluster_layout")) + 1;
  const at = line === 0 ? { file } : { file, line };
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
    const at = { file: source.file, ...lineOf(source.text, device) };
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

/** The first line about interfaces that names the device: the plan no longer knows which it was. */
function lineOf(text: string, device: string): { line?: number } {
  const words = (line: string) => line.split(/[\s,=:]+/);
  const index = text
    .split("\n")
    .findIndex((line) => /^(?!\s*[#;]).*interface/i.test(line) && words(line).includes(device));
  return index === -1 ? {} : { line: index + 1 };
}

function ports(
  plan: FilePlan,
  version: Version,
  stateDirectory: string,
  { problems, notes }: Obstacles,
): void {
  const { file } = plan.source;
  const sockets = listeningSockets();
  for (const { node, port, what, hosts, isUncertain } of listenersOf(plan, version)) {
    const taken = sockets.find((one) => one.port === port && meets(one, hosts));
    if (taken === undefined) continue;
    const holder = holderOf(taken);
    if (holder !== undefined && isNodeOf(holder, stateDirectory)) continue;
    const text = `port ${port} of '${node}' (${what}) is taken by ${holderText(taken, holder)}`;
    if (isUncertain) {
      const unless = "unless a script moves it, the node will end at once";
      notes.push(problemText({ file, text: `${text}: ${unless}` }));
    } else problems.push({ file, text: `${text}: end it, or choose another port` });
  }
}

function meets(socket: Listening, hosts: readonly string[] | undefined): boolean {
  return hosts === undefined || isWildcard(socket) || hosts.includes(socket.address);
}

function isNodeOf({ pid }: Holder, stateDirectory: string): boolean {
  const file = environmentOf(pid)?.["COPPICE_NODE"];
  return file !== undefined && path.dirname(file) === path.join(stateDirectory, places.nodes);
}

function holderText(socket: Listening, holder: Holder | undefined): string {
  if (holder !== undefined) return `${holder.name} (PID ${holder.pid})`;
  const isOwn = socket.uid === os.userInfo().uid;
  return isOwn ? "a process that cannot be seen from here" : `a process of user ${socket.uid}`;
}
