/** What an earlier tree has left in its control group, whatever became of its Stem. */
import fs from "node:fs";
import path from "node:path";
import { isPopulated, killAll, processesIn, removeAll, systemCgroups } from "../os/cgroup-fs.ts";
import { signalProcess } from "../os/signals.ts";

const LOOK_MS = 50;
/** A process that cannot be killed (it hangs in the kernel) must not keep a tree from starting. */
const LIMIT_MS = 10_000;

/**
 * Ends what lives in the group that a file names, and removes it.
 * @param patience how long after SIGTERM it is killed (ms)
 */
export async function endCgroup(
  record: string,
  patience: number,
  say: (text: string) => void,
): Promise<void> {
  const directory = recorded(record);
  if (directory === undefined) return;
  const isLeft = () => isPopulated(directory, systemCgroups);
  if (isLeft()) {
    const pids = processesIn(directory, systemCgroups);
    say(`ending what an earlier tree left in its control group: PID ${pids.join(", ")}`);
    for (const pid of pids) signalProcess(pid, "SIGTERM");
  }
  const start = performance.now();
  while (isLeft() && performance.now() < start + patience) await pause();
  while (isLeft() && performance.now() < start + patience + LIMIT_MS) {
    killAll(directory, systemCgroups, signalProcess);
    await pause();
  }
  removeAll(directory, systemCgroups);
}

/** Only a group that a Stem has made: what is written there is acted upon as root. */
function recorded(record: string): string | undefined {
  try {
    const directory = fs.readFileSync(record, "utf8");
    const isGroup = fs.existsSync(path.join(directory, "cgroup.procs"));
    return isGroup && path.basename(directory).startsWith("coppice-") ? directory : undefined;
  } catch {
    return undefined;
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, LOOK_MS));
}
