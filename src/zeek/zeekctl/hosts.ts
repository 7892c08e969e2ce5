/** Where node.cfg's hosts are: only this machine is run yet. */
import ipaddr from "ipaddr.js";
import type { Installation } from "../plan.ts";

/** A name's addresses, the likeliest first; undefined if there are none. */
export type Resolve = (host: string) => readonly string[] | undefined;

/**
 * The address that ZeekControl takes for a host: the first of IPv4, or else the first, without zone.
 * @returns undefined if the name has no address
 */
export function addressOf(
  host: string,
  resolve: Resolve,
  { hostName }: Installation,
): string | undefined {
  const isLiteral = ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host);
  const found = isLiteral ? [host] : (resolve(host) ?? []);
  const address = found.find((one) => !one.includes(":")) ?? found[0];
  if (address !== undefined) return address.replace(/%.*$/, "");
  // These are here, whatever the resolver knows.
  const own = ["localhost", hostName.toLowerCase()];
  return own.includes(host.toLowerCase()) ? "127.0.0.1" : undefined;
}

export function isLocal(address: string, { addresses }: Installation): boolean {
  // Debian gives a machine's own name 127.0.1.1, which no interface lists; all of 127/8 is here.
  if (isLoopback(address)) return true;
  return addresses.some((own) => plain(own) === plain(address));
}

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

function plain(address: string): string {
  const bare = address.replace(/%.*$/, "");
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : bare;
}
