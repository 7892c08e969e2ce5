/**
 * Finds out what a node that is to be somebody else, or to be limited, is started through. What
 * cannot be applied fails the start, for a node must never run with more rights than it was given;
 * only niceness, which protects nobody from anything, is done without.
 */
import os from "node:os";
import type { NodeConfig } from "../core/config.ts";
import { type Identity, identityOf } from "../core/identity.ts";
import { limitArguments, umaskText } from "../core/limits.ts";
import { findGroup, findUser } from "../os/accounts.ts";
import { ask } from "../os/ask.ts";
import { findTool, type LaunchTools } from "../os/tools.ts";
import type { Means } from "./prefix.ts";
import { StartFailure } from "./start.ts";

/**
 * @param say a line in the node's name
 * @throws StartFailure (a rejection)
 */
export async function confine(
  config: NodeConfig,
  tools: LaunchTools,
  say: (text: string) => void,
): Promise<Means> {
  const { umask, nice, limits } = config;
  const mask = umask === undefined ? undefined : umaskText(umask);
  const identity = await otherIdentity(config, tools);
  return {
    ...(mask === undefined ? {} : { umask: mask }),
    ...(nice === undefined ? {} : { nice: niceCommand(config.name, nice, say) }),
    ...(limits === undefined ? {} : { limits: limitCommand(config.name, limits) }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/** The tool adds to what it was started with, and says itself what it may not do. */
function niceCommand(name: string, nice: number, say: (text: string) => void): string[] {
  const tool = findTool("nice");
  const more = nice - os.getPriority();
  if (tool !== undefined) return more === 0 ? [] : [tool, "-n", String(more)];
  say(`warning: no nice (coreutils) here: node '${name}' runs as nice as the Supervisor`);
  return [];
}

function limitCommand(name: string, limits: NonNullable<NodeConfig["limits"]>): string[] {
  const tool = findTool("prlimit");
  if (tool !== undefined) return [tool, ...limitArguments(limits), "--"];
  throw new StartFailure(`node '${name}' failed to start: 'limits' need prlimit (util-linux) here`);
}

async function otherIdentity(
  config: NodeConfig,
  { setpriv }: LaunchTools,
): Promise<Identity | undefined> {
  const { name, user, group } = config;
  if (user === undefined && group === undefined) return undefined;
  const fail = (reason: string) => new StartFailure(`node '${name}' failed to start: ${reason}`);
  const [users, groups] = await Promise.all([named("passwd", user), named("group", group)]);
  const found = identityOf(config, {
    own: { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
    user: (key) => findUser(key, () => users),
    group: (key) => findGroup(key, () => groups),
  });
  if ("problem" in found) throw fail(found.problem);
  if (found.identity !== undefined && setpriv === undefined)
    throw fail("another user or group needs setpriv (util-linux) here");
  return found.identity;
}

/**
 * What the name service says of somebody who is in no file of the system's: one who comes from a
 * directory server, which may take its time.
 */
async function named(
  database: "passwd" | "group",
  key: string | number | undefined,
): Promise<string> {
  if (key === undefined) return "";
  const isKnown =
    database === "passwd"
      ? findUser(key, () => "")?.gid !== undefined
      : findGroup(key, () => "") !== undefined;
  const getent = isKnown ? undefined : findTool("getent");
  if (getent === undefined) return "";
  try {
    const signal = AbortSignal.timeout(NAME_SERVICE_MS);
    const { code, output } = await ask([getent, database, String(key)], {
      env: { PATH: process.env["PATH"] },
      signal,
    });
    return code === 0 ? output : "";
  } catch {
    return "";
  }
}

const NAME_SERVICE_MS = 10_000;
