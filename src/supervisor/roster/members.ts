/** The nodes of the roster: those that are wanted, those that end, and those that are to be replaced. */
import type { Member } from "./member.ts";
import type { Rollout } from "./rollout.ts";

export class Members {
  /** By name. */
  readonly wanted = new Map<string, Member>();
  /** Destroyed, but something of them may still live; by id. */
  readonly ending = new Map<number, Member>();
  readonly rollout: Rollout;
  #lastId = 0;

  constructor(rollout: Rollout) {
    this.rollout = rollout;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** An earlier Supervisor has given the ids up to this one. */
  skipTo(id: number): void {
    this.#lastId = Math.max(this.#lastId, id);
  }

  want(member: Member): void {
    this.wanted.set(member.status.node.name, member);
  }

  /** @returns undefined if that creation is no longer the one that is wanted */
  wantedAs(name: string, id: number): Member | undefined {
    const member = this.wanted.get(name);
    return member?.id === id ? member : undefined;
  }

  all(): Member[] {
    return [...this.wanted.values(), ...this.ending.values()];
  }
}
