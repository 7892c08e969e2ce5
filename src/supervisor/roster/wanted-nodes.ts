/** The nodes that are wanted, for whoever asks: which there are, and how they are now. */
import type { NodeConfig } from "../../core/config.ts";
import type { Present } from "../../core/plan.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { Member } from "./member.ts";

export class WantedNodes {
  readonly #members: ReadonlyMap<string, Member>;

  /** @param members by name; what becomes of them is seen here */
  constructor(members: ReadonlyMap<string, Member>) {
    this.#members = members;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  names(): string[] {
    return [...this.#members.keys()];
  }

  /** The configuration of the node that has a name, if this Supervisor has asked for it. */
  configOf(name: string): NodeConfig | undefined {
    const member = this.#members.get(name);
    return member === undefined || member.isInherited ? undefined : member.status.node;
  }

  statusOf(name: string): NodeStatus | undefined {
    return this.#members.get(name)?.status;
  }

  /** A snapshot; "" is every node, an unknown name none. */
  status(name: string): Record<string, NodeStatus> {
    const members = name === "" ? this.#all() : [this.#members.get(name)];
    // Not by assignment: a node may well be called "__proto__".
    return Object.fromEntries(
      members
        .filter((member) => member !== undefined)
        .map(({ status }) => [status.node.name, { ...status }]),
    );
  }

  /** The names of the nodes that have a process, by process group. */
  groups(): Map<number, string> {
    return new Map(
      this.#all().flatMap(({ group, status }) =>
        group === undefined ? [] : [[group, status.node.name]],
      ),
    );
  }

  /** Every node, with who wants it. */
  present(): Present[] {
    return this.#all().map(({ status, origin }) => ({ config: status.node, origin }));
  }

  /** Who of the nodes that an earlier Supervisor had for its scripts is not asked for by this one's. */
  unclaimed(): string[] {
    return this.#all()
      .filter(({ isInherited }) => isInherited)
      .map(({ status }) => status.node.name);
  }

  #all(): Member[] {
    return [...this.#members.values()];
  }
}
