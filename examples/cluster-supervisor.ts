/**
 * A cluster: manager, logger, proxy and worker, each in a directory of its own.
 *
 *     coppice -j examples/cluster-supervisor.ts [dir=DIRECTORY]
 *
 * Every node gets the same layout, says what it is in it, and whom it could talk to.
 */
import path from "node:path";
import { args, type ClusterEndpoint, on, supervisor } from "coppice";

/** Who is there, and where. A worker needs no port of its own: it connects to the others. */
const cluster: Record<string, ClusterEndpoint> = {
  manager: { role: "MANAGER", host: "127.0.0.1", port: 27761 },
  "logger-1": { role: "LOGGER", host: "127.0.0.1", port: 27762 },
  "proxy-1": { role: "PROXY", host: "127.0.0.1", port: 27763 },
  "worker-1": { role: "WORKER", host: "127.0.0.1", port: 0, interface: "lo" },
};

on("init", async () => {
  if (supervisor.isSupervisor()) await createNodes(args.defines["dir"] ?? "cluster-nodes");
  else sayWhoIAm();
});

/** Relative directories lie below the Supervisor's; they are made if they are not there. */
async function createNodes(directory: string): Promise<void> {
  for (const name of Object.keys(cluster)) {
    await supervisor.create({ name, directory: path.join(directory, name), cluster });
  }
  console.log(`the cluster of ${Object.keys(cluster).length} nodes is there`);
}

function sayWhoIAm(): void {
  const { name, cluster: layout = {} } = supervisor.node();
  const { [name]: own, ...others } = layout;
  if (own === undefined) throw new Error(`${name} is not part of the cluster`);
  console.log(`I am ${describe(name, own)}`);
  console.log(`I work in ${process.cwd()}`);
  for (const [other, endpoint] of Object.entries(others)) {
    console.log(`I know ${describe(other, endpoint)}`);
  }
}

function describe(name: string, { role, host, port }: ClusterEndpoint): string {
  const where = port === 0 ? "listens nowhere" : `listens on ${host}:${port}`;
  return `${name}, a ${role}, which ${where}`;
}
