/** What the Supervisor needs of the world; the simulation has another one. */
import type { TreeEvent } from "../core/api.ts";
import type { NodeConfig } from "../core/config.ts";
import type { News } from "../core/life.ts";
import type { Exit } from "../core/revival.ts";
import type { LastExit, NodeStatus } from "../core/status.ts";
import type { Clock } from "../os/clock.ts";
import type { ToStem } from "../wire/stem-messages.ts";
import type { Stray } from "./roster/reconcile.ts";

export interface StemProcess {
  pid: number;
  signal(signal: NodeJS.Signals): void;
}

export interface SupervisorPorts {
  clock: Clock;
  /** Starts a Stem; `exited` comes once, also for one that could not be started. */
  startStem(exited: (exit: Exit) => void): StemProcess;
  /** The Stem of an earlier Supervisor, if there is one; `exited` comes once it is gone. */
  takeOverStem(exited: (exit: Exit) => void): StemProcess | undefined;
  /** Calls back when this turn is over. */
  soon(act: () => void): void;
  /** Checks a configuration and makes its directory. @throws NodeConfigError */
  accept(config: unknown, known: (name: string) => NodeConfig | undefined): NodeConfig;
  /** Processes of earlier Stems' nodes. @throws ProtocolError if they cannot be seen: the link is to be made anew */
  strays(): Stray[];
  send(message: ToStem): void;
  /** A line for the operator, on stderr. */
  say(text: string): void;
  /** A line of the Stem's own, printed as such. */
  stemSays(text: string): void;
  nodeStatus(node: string, pid: number, status: NodeStatus): void;
  /** A script has asked for a node that an earlier Supervisor has left as it is to be. */
  kept(status: NodeStatus): void;
  nodeExit(node: string, exit: LastExit, status: NodeStatus): void;
  /** The same of one that no Supervisor was there for, with the status of then. */
  missedExit(node: string, exit: LastExit, status: NodeStatus): void;
  /** Everything that happens, for whoever watches. */
  happened(event: TreeEvent): void;
  /** What became of a node's process, before anybody else hears of it. */
  news?(news: News, pid: number, status: NodeStatus): void;
  /** The CPU time of a process that has ended, in milliseconds, if it is known. */
  used?(node: string, pid: number, cpu: number | undefined): void;
}
