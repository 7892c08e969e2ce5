/** Whether a node can be who it is to be, as far as that can be known before it starts. */
import type { NodeConfig } from "../../core/config.ts";
import { type Identity, identityOf } from "../../core/identity.ts";
import { askNameService, findGroup, findUser } from "../../os/accounts.ts";

/** What is wrong with a configuration's user or group. */
export function identityProblem(config: NodeConfig): string | undefined {
  const found = find(config);
  return "problem" in found ? `node '${config.name}': ${found.problem}` : undefined;
}

/** Whom a configuration names, if that is another than we are. @param config without a problem */
export function otherIdentity(config: NodeConfig): Identity | undefined {
  const found = find(config);
  return "problem" in found ? undefined : found.identity;
}

function find(config: NodeConfig): ReturnType<typeof identityOf> {
  return identityOf(config, {
    own: { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
    user: (user) => findUser(user, askNameService),
    group: (group) => findGroup(group, askNameService),
  });
}
