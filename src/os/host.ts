/** What there is to know of this machine on a network. */
import dns from "node:dns/promises";
import fs from "node:fs";
import os from "node:os";

export interface Host {
  hostName: string;
  /** Loopback included. */
  addresses: string[];
}

export function thisHost(): Host {
  const all = Object.values(os.networkInterfaces()).flatMap((one) => one ?? []);
  return { hostName: os.hostname(), addresses: all.map(({ address }) => address) };
}

/** The network devices by name, and whether each is up; undefined where the system does not tell. */
export function networkDevices(): Map<string, boolean> | undefined {
  try {
    return new Map(fs.readdirSync(DEVICES).map((name) => [name, isUp(name)]));
  } catch {
    return undefined;
  }
}

/** The addresses of a name, the likeliest first; undefined if it has none. */
export async function resolveHost(name: string): Promise<string[] | undefined> {
  try {
    const found = await dns.lookup(name, { all: true });
    return found.length === 0 ? undefined : found.map(({ address }) => address);
  } catch {
    return undefined;
  }
}

function isUp(name: string): boolean {
  try {
    return (Number(fs.readFileSync(`${DEVICES}/${name}/flags`, "latin1")) & IFF_UP) !== 0;
  } catch {
    return true;
  }
}

const DEVICES = "/sys/class/net";
const IFF_UP = 1;
