/**
 * One node that watches a network interface.
 *
 *     coppice -j -i eth0 examples/simple-supervisor.ts
 *
 * This script is run twice: by the Supervisor, which says what nodes there shall be, and by the
 * node itself, in a process of its own. Kill the node (`kill -9 PID`) and watch it grow back.
 */
import fs from "node:fs";
import { args, on, supervisor } from "coppice";

on("init", async () => {
  if (supervisor.isSupervisor()) {
    // Only the Supervisor gets -i: it decides which node reads from which interface.
    const node = { name: "watcher", interface: args.interface ?? firstInterface() };
    const { pid } = await supervisor.create(node);
    console.log(`node '${node.name}' (PID ${pid}) watches ${node.interface}`);
  } else {
    // In the node, `args.interface` is what its configuration says.
    watch(args.interface ?? firstInterface());
  }
});

/** Prints a line each second: what the interface received and sent. */
function watch(name: string): void {
  let before = read(name);
  setInterval(() => {
    const now = read(name);
    const seconds = (now.at - before.at) / 1000;
    const rate = (counter: Counter) => (now[counter] - before[counter]) / seconds;
    const received = `${packets(rate("rx_packets"))}, ${bytes(rate("rx_bytes"))}`;
    const sent = `${packets(rate("tx_packets"))}, ${bytes(rate("tx_bytes"))}`;
    console.log(`${name}: received ${received}; sent ${sent}`);
    before = now;
  }, 1000);
}

type Counter = "rx_packets" | "rx_bytes" | "tx_packets" | "tx_bytes";

function read(name: string): Record<Counter | "at", number> {
  const counter = (file: Counter) =>
    Number(fs.readFileSync(`/sys/class/net/${name}/statistics/${file}`, "utf8"));
  try {
    return {
      at: performance.now(),
      rx_packets: counter("rx_packets"),
      rx_bytes: counter("rx_bytes"),
      tx_packets: counter("tx_packets"),
      tx_bytes: counter("tx_bytes"),
    };
  } catch {
    // A node may just give up: it is started again, and so is there once the interface is.
    console.error(`there is no interface ${name}`);
    process.exit(1);
  }
}

/** The first interface that is up and not the loopback, else the loopback. */
function firstInterface(): string {
  const [UP, LOOPBACK] = [0x1, 0x8]; // The kernel's IFF_UP and IFF_LOOPBACK.
  const names = fs.readdirSync("/sys/class/net").sort();
  const first = names.find((name) => {
    const flags = Number(fs.readFileSync(`/sys/class/net/${name}/flags`, "utf8"));
    return (flags & UP) !== 0 && (flags & LOOPBACK) === 0;
  });
  return first ?? "lo";
}

function packets(rate: number): string {
  return `${Math.round(rate)} packets/s`;
}

function bytes(rate: number): string {
  return rate < 10_000 ? `${Math.round(rate)} B/s` : `${(rate / 1000).toFixed(1)} kB/s`;
}
