/** The nodes of the roster: those that are wanted, those that end, and those that are to be replaced. */
import type { NodeConfig } from "../../core/config.ts";
import type { Member } from "./member.ts";
import type { Rollout } from "./rollout.ts";

/** Is told what this Supervisor is asked for, as it changes. What it has only inherited may yet go. */
export interface Asked {
  /** Also in the place of what was asked for under that name. */
  came(config: NodeConfig): void;
  left(name: string): void;
}

export class Members {
  /** By name. */
  readonly wanted = new Map<string, Member>();
  /** Destroyed, but something of them may still live; by id. */
  readonly ending = new Map<number, Member>();
  readonly rollout: Rollout;
  readonly #asked: Asked | undefined;
  #lastId = 0;

  constructor(rollout: Rollout, asked?: Asked) {
    this.rollout = rollout;
    this.#asked = asked;
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
    if (!member.isInherited) this.#asked?.came(member.status.node);
  }

  /** It has been inherited, and is asked for now. @param config that it is to have */
  ask(member: Member, config: NodeConfig): void {
    member.isInherited = false;
    this.#asked?.came(config);
  }

  /** Its name is free. */
  unwant(name: string): void {
    this.wanted.delete(name);
    this.#asked?.left(name);
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
