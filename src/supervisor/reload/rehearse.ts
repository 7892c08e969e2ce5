/**
 * The process of a rehearsal: it loads a Supervisor's scripts as one would, says which nodes they
 * create, and ends. Whatever is wrong with them is found out here, where it harms nothing.
 */
import fs from "node:fs";
import type { NodeConfig } from "../../core/config.ts";
import { CoppiceError } from "../../errors.ts";
import { ANSWER_FD } from "../../os/ask.ts";
import { within } from "../../os/within.ts";
import { argsOf, setArgs } from "../../script/args.ts";
import { closeAll } from "../../script/closing.ts";
import { describe, onHandlerError, raise } from "../../script/lifecycle.ts";
import { loadScripts } from "../../script/load.ts";
import { installModuleHooks } from "../../script/modules.ts";
import { beginRehearsal } from "../../script/rehearsal.ts";
import { setRole } from "../../script/role.ts";
import { LINK_VERSION } from "../../wire/stem-messages.ts";
import type { SupervisorOptions } from "../main.ts";
import type { RehearsalOrder } from "./invocation.ts";
import { RehearsedSupervisor } from "./rehearsed.ts";
import type { Successor } from "./successor.ts";

export interface Rehearsed {
  nodes: NodeConfig[];
  /** Whether all handlers of `init` were done in time. */
  isComplete: boolean;
  /** What this Coppice and its Stem say to each other; see `LINK_VERSION`. */
  link: number;
  /** For a reload: the image that is to come, and what it is told. */
  next?: Pick<Successor, "image" | "options">;
}

export type Rehearsal = Rehearsed | { error: string };

/** How long handlers of `init` may take (ms). */
const INIT_MS = 10_000;

/** @param prepareImage see src/os/image.ts. Ends this process */
export async function rehearse(
  options: SupervisorOptions,
  { purpose }: RehearsalOrder,
  prepareImage: () => Promise<string>,
): Promise<never> {
  let isAnswered = false;
  const tell = (rehearsal: Rehearsal): void => {
    if (!isAnswered) say(JSON.stringify(rehearsal));
    isAnswered = true;
  };
  const answer = (rehearsal: Rehearsal): never => {
    tell(rehearsal);
    // Handlers of scripts are heard; what Node.js itself does at an end takes a while, and changes nothing.
    process.once("exit", () => process.kill(process.pid, "SIGKILL"));
    process.exit(0);
  };
  const fail = (error: unknown, what = ""): never =>
    answer({ error: `${what}${error instanceof CoppiceError ? error.message : lineOf(error)}` });
  const statuses: Promise<void>[] = [];
  const api = new RehearsedSupervisor(
    (status) => statuses.push(raise("nodeStatus", status.node.name, 0, status)),
    () => answer({ error: "a script ends the tree" }),
  );
  process.on("exit", (code) => tell({ error: `a script ends the process (status ${code})` }));
  process.on("uncaughtException", (error) => fail(error, "uncaught exception: "));
  process.on("unhandledRejection", (error) => fail(error, "unhandled rejection: "));
  onHandlerError((error, where) => fail(error, `${where}: `));
  beginRehearsal();
  setArgs(argsOf(options));
  setRole({ kind: "supervisor", api, stemPid: () => -1, terminate: () => void api.stop() });
  const { scripts, exec } = options.handedDown;
  try {
    installModuleHooks();
    await loadScripts(scripts, exec);
    for (const node of options.nodes ?? []) await api.create(node);
    const init = raise("init").then(async () => {
      for (const handled of statuses) await handled;
      return true;
    });
    const isComplete = await within(INIT_MS, init, () => false);
    await closeAll();
    const next =
      purpose === "reload" ? { next: { image: await prepareImage(), options } } : undefined;
    return answer({ nodes: api.wanted(), isComplete, link: LINK_VERSION, ...next });
  } catch (error) {
    return fail(error);
  }
}

/** Whoever has asked need not wait for the end of this process. */
function say(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(ANSWER_FD, bytes, at);
  fs.closeSync(ANSWER_FD);
}

function lineOf(error: unknown): string {
  const [first = ""] = describe(error).split("\n");
  return first;
}
