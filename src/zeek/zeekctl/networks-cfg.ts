/** networks.cfg: the networks that are local, `CIDR [what it is]` a line. */
import ipaddr from "ipaddr.js";
import type { Problem, Source } from "../plan.ts";
import { linesOf } from "./lines.ts";

export interface LocalNetwork {
  address: string;
  prefix: number;
  /** Whatever follows the network on its line. */
  tag: string;
}

export function readNetworksCfg({ file, text }: Source): {
  networks: LocalNetwork[];
  problems: Problem[];
} {
  const networks: LocalNetwork[] = [];
  const problems: Problem[] = [];
  for (const [index, whole] of linesOf(text).entries()) {
    const words = whole.trim();
    if (words === "" || words.startsWith("#")) continue;
    const [, cidr = "", tag = ""] = /^(\S+)\s*(.*)$/.exec(words) ?? [];
    const network = networkOf(cidr);
    if (typeof network === "string") problems.push({ file, line: index + 1, text: network });
    else networks.push({ ...network, tag });
  }
  return { networks, problems };
}

/** @returns what is wrong, in place of the network */
function networkOf(cidr: string): { address: string; prefix: number } | string {
  const slash = cidr.indexOf("/");
  const address = slash < 0 ? cidr : cidr.slice(0, slash);
  // The other forms that the library reads (`10.1`, `0x0a000001`) mean nothing to Zeek.
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  const isV6 = !isV4 && !address.includes("%") && ipaddr.IPv6.isValid(address);
  if (!isV4 && !isV6) return `'${cidr}' is not a network such as 10.0.0.0/8 or 2001:db8::/32`;
  const most = isV4 ? 32 : 128;
  if (slash < 0) return `'${cidr}' has no length: write ${cidr}/${most} if it is one address`;
  const length = cidr.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) {
    return `'${cidr}' must end in a length from 0 to ${most}`;
  }
  return { address, prefix: Number(length) };
}
