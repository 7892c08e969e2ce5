/** A script node's process: the tree's scripts, run in a fresh Node.js. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { CoppiceError } from "../errors.ts";
import { isRunning } from "../os/process-table.ts";
import { argsOf, type HandedDown, setArgs } from "../script/args.ts";
import { installModuleHooks } from "../script/modules.ts";
import { useCompileCache } from "../script/options.ts";
import { setRole } from "../script/role.ts";
import { sayTerminated, scriptProcess } from "../script/run.ts";

const PARENT_CHECK_MS = 1_000;

const [, , argsFile = "", stemPidText = "", , readyFd] = process.argv;
const config = JSON.parse(fs.readFileSync(process.env["COPPICE_NODE"] ?? "", "utf8")) as NodeConfig;
const handedDown = JSON.parse(fs.readFileSync(argsFile, "utf8")) as HandedDown;
const stemPid = Number(stemPidText);
const scripts = [
  ...(config.addlBaseScripts ?? []),
  ...handedDown.scripts,
  ...(config.addlUserScripts ?? []),
  // Those that were no files when the node was created stayed as they were written.
].map((script) => path.resolve(handedDown.directory, script));

let isSaid = false;

process.title = `coppice: ${config.name}`;
useCompileCache(path.join(path.dirname(argsFile), "cache"));
const bareMode = config.bareMode ?? handedDown.bareMode;
setArgs(argsOf({ ...config, handedDown: { ...handedDown, scripts, bareMode } }));
const own = scriptProcess(() => (isOrphaned() ? sayOrphaned() : sayTerminated()));
setRole({ kind: "node", config, stemPid, terminate: () => own.end() });
installModuleHooks(handedDown.directory);
// This timer also keeps a node alive whose scripts have nothing to wait for.
setInterval(checkParent, PARENT_CHECK_MS);
checkParent();
const { health } = config;
if (health !== undefined && "heartbeat" in health && health.heartbeat === true)
  (await import("./heartbeat.ts")).beatFor(config);
const layout = config.cluster ?? {};
const hasPart = Object.keys(layout).length > 0 && !bareMode;
if (hasPart) (await import("../script/cluster.ts")).willJoin();
try {
  await own.run(scripts, handedDown.exec, async () => {
    if (!hasPart) return;
    const { joinCluster } = await import("../script/join.ts");
    await joinCluster(config.name, layout);
  });
  if (readyFd !== undefined) sayReady(Number(readyFd));
} catch (error) {
  if (!(error instanceof CoppiceError)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(error.exitStatus);
}

/** The Stem waits for a newline. What it cannot be told any more it need not know. */
function sayReady(fd: number): void {
  try {
    fs.writeSync(fd, "\n");
    fs.closeSync(fd);
  } catch {
    // It has gone.
  }
}

function checkParent(): void {
  if (!isOrphaned()) return;
  sayOrphaned();
  own.end();
}

/**
 * The kernel's signal comes when the thread that started us ends; until the Stem's last thread has
 * ended too, the Stem still is our parent, though a dead one.
 */
function isOrphaned(): boolean {
  return process.ppid !== stemPid || !isRunning(stemPid, undefined);
}

function sayOrphaned(): void {
  if (!isSaid) console.error("supervised node was orphaned");
  isSaid = true;
}
