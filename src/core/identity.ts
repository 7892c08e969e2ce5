/** Who a node runs as: what is asked for, against who there is and who we are. */
import type { NodeConfig } from "./config.ts";

/** Numbers, for a process that is to be somebody else than we are. */
export interface Identity {
  uid: number;
  gid: number;
  /** Its other groups: those of the user, as a login gives them, none, or ours. */
  groups: "user's" | "none" | "ours";
  name?: string;
  home?: string;
}

/** A user as far as the machine knows it. */
export interface Account {
  uid: number;
  /** Of its own group; undefined of a number that no user has. */
  gid?: number;
  name?: string;
  home?: string;
}

export interface Accounts {
  /** Who we are. */
  own: { uid: number; gid: number };
  user(user: string | number): Account | undefined;
  group(group: string | number): number | undefined;
}

/** The last number that is an account's: the one after it means "no change". */
export const LAST_ID = 2 ** 32 - 2;

/** Whether a text can be the name or the number of a user or a group. */
export function isAccount(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) <= LAST_ID;
  return /^[^-\s:,/][^\s:,/]*$/.test(text) && !text.includes("\0");
}

/** Who a node is to be; undefined: who we are. What cannot be is told, after the node's name. */
export function identityOf(
  { user, group }: Pick<NodeConfig, "user" | "group">,
  accounts: Accounts,
): { identity: Identity | undefined } | { problem: string } {
  const { own } = accounts;
  if (user === undefined && group === undefined) return { identity: undefined };
  const account = user === undefined ? undefined : accounts.user(user);
  if (user !== undefined && account === undefined)
    return { problem: `there is no user '${user}' on this machine` };
  const ownGroup = group === undefined ? account?.gid : accounts.group(group);
  if (ownGroup === undefined)
    return {
      problem:
        group === undefined
          ? `no user of this machine has the number ${user}: it needs a 'group' too`
          : `there is no group '${group}' on this machine`,
    };
  const uid = account?.uid ?? own.uid;
  if (uid === own.uid && ownGroup === own.gid) return { identity: undefined };
  if (own.uid !== 0)
    return {
      problem: `another ${uid === own.uid ? "group" : "user"} needs root, and this Supervisor's user has the number ${own.uid}`,
    };
  const groups = account === undefined ? "ours" : account.name === undefined ? "none" : "user's";
  const { name, home } = account ?? {};
  return {
    identity: {
      uid,
      gid: ownGroup,
      groups,
      ...(name === undefined ? {} : { name }),
      ...(home === undefined ? {} : { home }),
    },
  };
}

/** What setpriv (util-linux) is told. */
export function identityArguments({ uid, gid, groups }: Identity): string[] {
  const others = { "user's": "--init-groups", none: "--clear-groups", ours: "--keep-groups" };
  return [`--reuid=${uid}`, `--regid=${gid}`, others[groups]];
}

/** What a login would tell a user's programs of who they are. */
export function identityVariables({ name, home }: Identity): Record<string, string> {
  return {
    ...(name === undefined ? {} : { USER: name, LOGNAME: name }),
    ...(home === undefined || home === "" ? {} : { HOME: home }),
  };
}
