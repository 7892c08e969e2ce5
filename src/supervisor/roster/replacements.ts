/**
 * Scripts that ask for a node that an earlier Supervisor has left: it is theirs as it is, or gets the
 * configuration that it is to have now, when its turn has come.
 */
import type { NodeConfig } from "../../core/config.ts";
import type { NodeStatus } from "../../core/status.ts";
import type { RosterEffect } from "./effects.ts";
import { end } from "./ends.ts";
import { creating, giveUpFirstStart, type Member, newMember } from "./member.ts";
import type { Members } from "./members.ts";
import type { Replacement, Rollout } from "./rollout.ts";

/** What became of a configuration: a new node, one that has it already, or one that gets it. */
export type Creation = { id: number; how: "new" | "kept" | "changed"; effects: RosterEffect[] };

/**
 * The same configuration needs nothing; another one waits for its turn.
 * @param isSame whether the node's process need not be replaced
 */
export function claim(
  members: Members,
  inherited: Member,
  config: NodeConfig,
  isSame: boolean,
): Creation {
  members.ask(inherited, config);
  if (!isSame) {
    const replacement: Replacement = { id: members.nextId(), config };
    members.rollout.add(replacement);
    return { id: replacement.id, how: "changed", effects: [{ type: "roll" }] };
  }
  const { id, begun, status } = inherited;
  const effects: RosterEffect[] = begun ? [{ type: "created", id, status: { ...status } }] : [];
  return { id, how: "kept", effects };
}

/** Replaces as many as may be at a time: first all of them are told to end. @param now Unix time */
export function replaceNext(members: Members, now: number): RosterEffect[] {
  const turn = members.rollout.next().flatMap((replacement) => {
    const old = members.wanted.get(replacement.config.name);
    return old === undefined ? [] : [{ old, replacement }];
  });
  const ends = turn.flatMap(({ old }) => {
    old.isReplaced = true;
    return end(members, old);
  });
  return [
    ...ends,
    ...turn.flatMap(({ old, replacement }) => replace(members, old, replacement, now)),
  ];
}

function replace(
  members: Members,
  old: Member,
  { id, config }: Replacement,
  now: number,
): RosterEffect[] {
  const { generation, lastExit } = old.status;
  const member = newMember(id, config, old.origin, now);
  member.status = { ...member.status, generation, ...(lastExit && { lastExit }) };
  member.isStopped = old.isStopped;
  members.want(member);
  const effects = [creating(member)];
  if (!member.isStopped) return effects;
  // There is no start to wait for.
  return [...effects, ...giveUpFirstStart(member), ...replaced(members.rollout, id)];
}

/** It holds up no other any more. */
export function replaced(rollout: Rollout, id: number): RosterEffect[] {
  return rollout.done(id) ? [{ type: "roll" }] : [];
}

/** It is destroyed before its turn has come: whoever waits for its start waits no longer. */
export function replacementDropped({ rollout }: Members, { status }: Member): RosterEffect[] {
  const dropped = rollout.drop(status.node.name);
  if (dropped === undefined) return [];
  const { generation, since, lastExit } = status;
  // What runs is not what was asked for.
  const never: NodeStatus = { node: dropped.config, state: "stopped", generation, since };
  return [{ type: "created", id: dropped.id, status: { ...never, ...(lastExit && { lastExit }) } }];
}
