/**
 * Manager and proxy know what each worker has counted since it began, not since last time: so what
 * they are told may get lost, or come again, and the highest count is right.
 *
 *     Count::seen(node, [[whose, packets, bytes], …])    from workers; between manager and proxy
 *     Count::known(node, packets)                        the answer to a worker
 *     Count::total(packets, bytes)                       from the manager to the logger
 */
import { cluster, on } from "coppice";

type Row = [whose: string, packets: number, bytes: number];

const known = new Map<string, Row>();
let isComplete = false;

/** Whichever of manager and proxy comes back is told by the other all that it knew. */
export function keepCounts(): void {
  cluster.onEvent("Count::seen", (node, rows) => {
    const role = cluster.nodes[String(node)]?.role;
    for (const row of rows as Row[]) {
      const [whose, packets] = row;
      if (packets >= (known.get(whose)?.[1] ?? 0)) known.set(whose, row);
      if (role !== "WORKER") continue;
      cluster.publish(cluster.topics.node(String(node)), "Count::known", cluster.node, packets);
    }
    if (role === "PROXY") isComplete = true;
  });
  cluster.on("nodeUp", (name) => {
    const role = cluster.nodes[name]?.role;
    if (role !== "MANAGER" && role !== "PROXY") return;
    cluster.publish(cluster.topics.node(name), "Count::seen", cluster.node, [...known.values()]);
  });
}

/** The manager says the total each second, whether it has changed or not: the logger may be new. */
export function addUp(): void {
  cluster.on("nodeUp", (name) => console.log(`${name} is there`));
  cluster.on("nodeDown", (name) => console.log(`${name} is gone`));
  on("init", () => {
    setInterval(say, 1_000);
  });
  // All others but the logger have ended by then, and have said their last.
  on("done", say);
}

function say(): void {
  // Until the proxy has said what it knows, it may be less than what is in the log.
  if (!isComplete) return;
  const sum = (at: 1 | 2) => [...known.values()].reduce((total, row) => total + row[at], 0);
  cluster.publish(cluster.topics.logger, "Count::total", sum(1), sum(2));
}
