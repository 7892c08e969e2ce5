/** A worker counts the packets of its interface or file, and says each second how many there were. */
import { args, cluster, on, type Packets, packets, terminate } from "coppice";

let count = 0;
let bytes = 0;

/** Resolves when packets can come: then this node is ready. */
export async function countPackets(): Promise<void> {
  const filter = filterOf();
  const source = packets(filter === "" ? {} : { filter });
  read(source).then(sayLast).catch(giveUp);
  await source.counts();
  setInterval(say, 1_000);
  on("done", async () => {
    await source.close();
    say();
  });
}

async function read(source: Packets): Promise<void> {
  for await (const { length } of source) {
    count += 1;
    bytes += length;
  }
}

function say(): void {
  for (const topic of [cluster.topics.manager, cluster.topics.proxy]) {
    cluster.publish(topic, "Count::seen", cluster.node, [[whose(), count, bytes]]);
  }
}

/** The next process counts on where this one ends; but it reads a file from its beginning. */
function whose(): string {
  return args.pcapFile === undefined ? cluster.id : cluster.node;
}

/** The file has been read: this worker is done as soon as manager and proxy know all of it. */
function sayLast(): void {
  const ignorant = new Set(named("MANAGER", "PROXY"));
  cluster.onEvent("Count::known", (by, known) => {
    if (known === count) ignorant.delete(String(by));
    if (ignorant.size === 0) terminate();
  });
  say();
}

/** It comes back, and tries again. */
function giveUp(error: Error): void {
  console.error(`error: ${error.message}`);
  process.exit(1);
}

/** Workers share the packets by address, as a load balancer would: both directions go to the same. */
function filterOf(): string {
  const { filter = "" } = args.defines;
  const workers = named("WORKER");
  if (workers.length === 1) return filter;
  const own = workers.indexOf(cluster.node);
  const share = `(ip[15] + ip[19]) % ${workers.length} = ${own}${own === 0 ? " or not ip" : ""}`;
  return filter === "" ? share : `(${filter}) and (${share})`;
}

function named(...roles: string[]): string[] {
  return Object.keys(cluster.nodes).filter((name) =>
    roles.includes(cluster.nodes[name]?.role ?? ""),
  );
}
