/**
 * A cluster that counts packets: workers read them, the manager adds up what all have counted, the
 * logger writes a log file, and the proxy knows what the manager knows.
 *
 *     coppice -j [-i INTERFACE | -r FILE] examples/cluster-supervisor.ts
 *             [dir=DIRECTORY] [workers=N] [port=BASE] [filter=EXPRESSION]
 *
 * Look at cluster-nodes/logger-1/counts.log, and kill any of the nodes (`kill -9 PID`).
 *
 * Nodes start in Zeek's order, logger, manager, proxy, workers, each when those before it are ready,
 * and end the other way round. With `zeek: {}` in what is created below they are Zeeks instead.
 */
import path from "node:path";
import { args, type ClusterEndpoint, cluster, on, supervisor } from "coppice";
import { writeLog } from "./cluster/logger.ts";
import { addUp, keepCounts } from "./cluster/manager.ts";
import { countPackets } from "./cluster/worker.ts";

if (supervisor.isSupervisor()) {
  const layout = layoutOf(definition("workers", 1), definition("port", 27_761));
  on("init", () => createNodes(layout));
} else {
  on("init", sayWhoIAm);
  if (cluster.role === "LOGGER") writeLog();
  if (cluster.role === "MANAGER" || cluster.role === "PROXY") keepCounts();
  if (cluster.role === "MANAGER") addUp();
  if (cluster.role === "WORKER") on("init", countPackets);
}

/** Each node gets the whole layout, and a directory of its own. */
async function createNodes(layout: Record<string, ClusterEndpoint>): Promise<void> {
  const directory = args.defines["dir"] ?? "cluster-nodes";
  const created = Object.entries(layout).map(([name, { interface: iface, pcapFile }]) =>
    supervisor.create({
      name,
      cluster: layout,
      directory: path.join(directory, name),
      ...(iface === undefined ? {} : { interface: iface }),
      // A worker that has read its file is done.
      ...(pcapFile === undefined ? {} : { pcapFile, revival: { when: "failure" } }),
    }),
  );
  await Promise.all(created);
  console.log(`the cluster of ${created.length} nodes is there`);
}

/** Who is there, and where. A worker needs no port of its own: it connects to the others. */
function layoutOf(workers: number, port: number): Record<string, ClusterEndpoint> {
  const host = "127.0.0.1";
  const { interface: iface = "lo", pcapFile } = args;
  const source = pcapFile ? { pcapFile: path.resolve(pcapFile) } : { interface: iface };
  const layout: Record<string, ClusterEndpoint> = {
    manager: { role: "MANAGER", host, port },
    "logger-1": { role: "LOGGER", host, port: port + 1 },
    "proxy-1": { role: "PROXY", host, port: port + 2 },
  };
  for (let n = 1; n <= workers; n += 1) {
    layout[`worker-${n}`] = { role: "WORKER", host, port: 0, ...source };
  }
  return layout;
}

/** A number given as `name=value` on the command line. */
function definition(name: string, otherwise: number): number {
  const value = Number(args.defines[name] ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name}=${args.defines[name]}: must be a whole number from 1 on`);
}

function sayWhoIAm(): void {
  const { node, nodes, role } = cluster;
  const { host, port } = nodes[node] ?? { port: 0 };
  const where = port === 0 ? "listens nowhere" : `listens on ${host}:${port}`;
  console.log(`I am ${node}, a ${role}, which ${where}; I work in ${process.cwd()}`);
}
