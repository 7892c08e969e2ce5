/** Nodes that are told to end for good: their names are free, and something of them may still live. */
import type { ProcessId } from "../../wire/stem-messages.ts";
import type { RosterEffect } from "./effects.ts";
import { giveUpFirstStart, type Member, newMember, refuse, sending } from "./member.ts";
import type { Members } from "./members.ts";

export function end(members: Members, member: Member): RosterEffect[] {
  const { id } = member;
  const { name } = member.status.node;
  members.unwant(name);
  members.ending.set(id, member);
  return [
    ...refuse(member, () => true),
    ...giveUpFirstStart(member),
    sending(member, { type: "destroy", name, id }),
  ];
}

/** One that the Stem does not know: over, unless an earlier Stem left something. */
export function endAgain(members: Members, member: Member): RosterEffect[] {
  const { id, previous, status } = member;
  if (previous.length === 0) return gone(members, id);
  return [sending(member, { type: "end", id, config: status.node, previous: [...previous] })];
}

/** A process of a node that nobody knows of any more ends like that of one that was destroyed. */
export function endStray(members: Members, name: string, process: ProcessId): void {
  const member = newMember(members.nextId(), { name }, "script", 0);
  member.status.state = "stopping";
  member.begun = true;
  member.previous.push(process);
  members.ending.set(member.id, member);
}

/** Nothing of it lives any more. */
export function gone({ ending }: Members, id: number): RosterEffect[] {
  const member = ending.get(id);
  if (member === undefined) return [];
  ending.delete(id);
  if (member.isReplaced) return [];
  return [{ type: "destroyed", id, name: member.status.node.name }];
}
