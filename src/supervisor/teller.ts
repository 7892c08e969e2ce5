/** Tells scripts, watchers and the operator what happens in the tree. */
import type { TreeEventKind } from "../core/api.ts";
import type { News } from "../core/life.ts";
import type { LastExit, NodeStatus } from "../core/status.ts";
import { operatorLine } from "./operator-line.ts";
import type { SupervisorPorts } from "./supervisor-ports.ts";
import { tidings } from "./tidings.ts";

type Listeners = Pick<
  SupervisorPorts,
  | "clock"
  | "happened"
  | "kept"
  | "missedExit"
  | "news"
  | "nodeExit"
  | "nodeStatus"
  | "say"
  | "stemSays"
>;

export class Teller {
  readonly #to: Listeners;
  readonly #statusOf: (name: string) => NodeStatus | undefined;
  /** What the Stems have warned of. */
  readonly #warnings = new Set<string>();

  constructor(to: Listeners, statusOf: (name: string) => NodeStatus | undefined) {
    this.#to = to;
    this.#statusOf = statusOf;
  }

  /** @param node that it happened to, unless it was the tree */
  happened(kind: TreeEventKind, text: string, node?: string): void {
    const at = this.#to.clock.wall();
    this.#to.happened({ kind, at, text, ...(node !== undefined && { node }) });
  }

  /** A script has asked for a node. */
  created(name: string, how: "new" | "kept" | "changed"): void {
    if (how === "new") this.happened("created", `node '${name}' was created`, name);
    if (how === "changed")
      this.happened("created", `node '${name}' gets another configuration`, name);
  }

  /** A line of the Stem's own; each Stem says what is missing on this machine, people hear it once. */
  stemSays(text: string): void {
    if (text.startsWith("warning: ")) {
      if (this.#warnings.has(text)) return;
      this.#warnings.add(text);
    }
    this.#to.stemSays(text);
  }

  /** What became of a node. @param pid of the process that the news is of */
  news(news: News, pid: number, status: NodeStatus): void {
    const { name } = status.node;
    this.#tellPeople(news, pid, status);
    switch (news.kind) {
      case "started":
        return this.#to.nodeStatus(name, pid, status);
      case "failed":
        return this.#to.nodeStatus(name, 0, status);
      case "exited":
        return this.#to.nodeExit(name, exitOf(status), status);
      case "blocked":
      case "impatient":
      case "ready":
      case "checked":
      case "unhealthy":
      case "changed":
      case "gone":
        return;
      default:
        return news satisfies never;
    }
  }

  /** What happened while there was nobody to be told. That a process was started may be long past. */
  missed(news: News, pid: number, status: NodeStatus): void {
    this.#tellPeople(news, pid, status);
    if (news.kind === "exited") this.#to.missedExit(status.node.name, exitOf(status), status);
  }

  #tellPeople(news: News, pid: number, status: NodeStatus): void {
    this.#to.news?.(news, pid, status);
    const isKnown = (name: string) => this.#statusOf(name) !== undefined;
    this.#to.happened(tidings(news, pid, status, this.#to.clock.wall(), isKnown));
    const line = operatorLine(news, pid, status, this.#statusOf);
    if (line !== undefined) this.#to.say(line);
  }
}

function exitOf({ lastExit, since }: NodeStatus): LastExit {
  return lastExit ?? { at: since };
}
