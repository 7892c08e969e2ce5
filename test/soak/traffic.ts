/** What clients do to a tree all the time: they ask, follow, and give orders. */
import { spawnSync } from "node:child_process";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import { pause } from "../chaos/world.ts";

const EVERY_MS = 1_000;
/** An order to a node that writes all it can takes as long as that is scheduled (ms). */
const PATIENCE_MS = 60_000;

export interface TrafficCounts {
  requests: number;
  restarts: number;
  failures: string[];
}

/**
 * Each second a new client asks for everything and follows a node for a while, and a node is restarted;
 * each tenth time one is killed instead.
 */
export async function traffic(
  connect: () => Promise<RemoteSupervisor>,
  names: readonly string[],
  counts: TrafficCounts,
  stop: AbortSignal,
): Promise<void> {
  for (let turn = 0; !stop.aborted; turn++) {
    const name = names[turn % names.length] ?? "";
    try {
      const client = await connect();
      try {
        await within(ask(client, name, turn, counts), stop);
      } finally {
        client.close();
      }
    } catch (error) {
      // A Supervisor that is just being replaced may let go of a client: the next one tells.
      counts.failures.push((error as Error).message);
    }
    await pause(EVERY_MS, stop);
  }
}

async function ask(
  client: RemoteSupervisor,
  name: string,
  turn: number,
  counts: TrafficCounts,
): Promise<void> {
  const following = client.follow(() => {}, { nodes: [name], lines: 50 });
  following.ended.catch(() => {});
  const { nodes } = await client.status();
  await client.usage(name);
  await client.crashes(name);
  counts.requests += 4;
  const pid = nodes[name]?.pid;
  if (turn % 10 === 9 && pid !== undefined) spawnSync("kill", ["-KILL", String(pid)]);
  else await client.restart(name);
  counts.restarts++;
  following.stop();
}

async function within(act: Promise<void>, stop: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
    stop.addEventListener("abort", () => reject(new Error("the soak is over")), { once: true });
  });
  try {
    await Promise.race([act, late]);
  } finally {
    clearTimeout(timer);
  }
}
