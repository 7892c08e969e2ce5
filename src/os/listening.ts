/** Who listens on which TCP port of this machine, as the kernel tells it: no port is bound to find out. */
import fs from "node:fs";
import ipaddr from "ipaddr.js";
import { allPids } from "./process-table.ts";

export interface Listening {
  /** "127.0.0.1", "::1"; "0.0.0.0" and "::" are all. */
  address: string;
  port: number;
  uid: number;
  /** Of the socket. */
  inode: string;
}

/** Empty where there is no /proc. */
export function listeningSockets(): Listening[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => {
    const [, ...lines] = textOf(file).split("\n");
    return lines.flatMap(socketIn);
  });
}

export function isWildcard({ address }: Listening): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** The process that has a socket, if we may see it: those of other users only root can. */
export function holderOf({ inode }: Listening): { pid: number; name: string } | undefined {
  const wanted = `socket:[${inode}]`;
  const pid = allPids().find((one) => hasDescriptor(one, wanted));
  if (pid === undefined) return undefined;
  return { pid, name: textOf(`/proc/${pid}/comm`).trim() || "a process" };
}

/** "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 12345 …" */
function socketIn(line: string): Listening[] {
  const [, local = "", , state, , , , uid, , inode = ""] = line.trim().split(/\s+/);
  const [address = "", port = ""] = local.split(":");
  if (state !== LISTEN) return [];
  return [
    { address: addressOf(address), port: Number.parseInt(port, 16), uid: Number(uid), inode },
  ];
}

/** Words of 32 bits, each in the machine's order. */
function addressOf(hex: string): string {
  const words = Buffer.from(hex, "hex");
  if (isLittleEndian) words.swap32();
  const address = ipaddr.fromByteArray([...words]);
  return ipaddr.process(address.toString()).toString();
}

function hasDescriptor(pid: number, wanted: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return fs.readdirSync(directory).some((fd) => linkOf(`${directory}/${fd}`) === wanted);
  } catch {
    return false;
  }
}

function linkOf(file: string): string | undefined {
  try {
    return fs.readlinkSync(file);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** The kernel's TCP_LISTEN. */
const LISTEN = "0A";
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
