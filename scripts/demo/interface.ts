/** A network interface on which something happens, and something that happens where nothing does. */
import dgram from "node:dgram";
import fs from "node:fs";
import { type Curtain, FactMissing } from "./facts.ts";

/** An interface counts as busy when it had this many packets in this time. */
const BUSY_PACKETS = 5;
const BUSY_MS = 1_000;
const PACKETS_EVERY_MS = 25;

/** The first interface that is seen to be busy, else the loopback. */
export async function chooseInterface(
  curtain: Curtain,
): Promise<{ name: string; hasTraffic: boolean }> {
  const names = fs.readdirSync("/sys/class/net").filter((name) => name !== "lo");
  const before = new Map(names.map((name) => [name, packets(name)]));
  const isBusy = (name: string) => packets(name) - (before.get(name) ?? 0) >= BUSY_PACKETS;
  try {
    const busy = () => names.find(isBusy);
    return { name: await curtain.until("packets", busy, BUSY_MS), hasTraffic: true };
  } catch (error) {
    if (error instanceof FactMissing) return { name: "lo", hasTraffic: false };
    throw error;
  }
}

/** Sends packets to itself over the loopback. @returns how to stop it */
export function makeTraffic(): () => void {
  const socket = dgram.createSocket("udp4");
  const packet = Buffer.alloc(512);
  let timer: NodeJS.Timeout | undefined;
  socket.on("error", () => {});
  socket.bind(0, "127.0.0.1", () => {
    const { port } = socket.address();
    timer = setInterval(() => socket.send(packet, port, "127.0.0.1"), PACKETS_EVERY_MS);
  });
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

function packets(name: string): number {
  const counter = (file: string) => {
    try {
      return Number(fs.readFileSync(`/sys/class/net/${name}/statistics/${file}`, "utf8"));
    } catch {
      return 0; // The interface has gone meanwhile.
    }
  };
  return counter("rx_packets") + counter("tx_packets");
}
