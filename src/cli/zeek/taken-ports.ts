/** Ports that a plan's nodes will listen on, and that others have. */
import os from "node:os";
import path from "node:path";
import { holderOf, isWildcard, type Listening, listeningSockets } from "../../os/listening.ts";
import { environmentOf } from "../../os/node-process.ts";
import { places } from "../../wire/stem-setup.ts";
import { defaultHub, type Listener, layoutListeners } from "../../zeek/listeners.ts";
import { problemText } from "../../zeek/plan.ts";
import type { Version } from "../../zeek/version.ts";
import type { Obstacles } from "./obstacles.ts";
import type { FilePlan } from "./plan-file.ts";

/** Every port that the nodes will listen on, as far as that is known. */
export function listenersOf(plan: FilePlan, version: Version): Listener[] {
  const { nodes, listeners = defaultHub(nodes, version) } = plan;
  return [...listeners, ...layoutListeners(nodes, version)];
}

/** @param stateDirectory of the tree: what its nodes of now hold is free by the time that these start */
export function takenPorts(
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

type Holder = NonNullable<ReturnType<typeof holderOf>>;

function isNodeOf({ pid }: Holder, stateDirectory: string): boolean {
  const file = environmentOf(pid)?.["COPPICE_NODE"];
  return file !== undefined && path.dirname(file) === path.join(stateDirectory, places.nodes);
}

function holderText(socket: Listening, holder: Holder | undefined): string {
  if (holder !== undefined) return `${holder.name} (PID ${holder.pid})`;
  const isOwn = socket.uid === os.userInfo().uid;
  return isOwn ? "a process that cannot be seen from here" : `a process of user ${socket.uid}`;
}
