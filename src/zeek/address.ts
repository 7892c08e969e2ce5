/** Addresses as Zeek's scripts and its records of nodes have them: never names. */

export interface HostAddress {
  /** "127.0.0.1", "2001:db8::1". */
  address: string;
  /** The zone of an IPv6 address that is not global: "eth0". */
  zone?: string;
}

/** @param host an address, one with a zone ("fe80::1%eth0"), or "localhost"; other names are none */
export function hostAddress(host: string): HostAddress | undefined {
  if (host === "localhost") return { address: "127.0.0.1" };
  if (isIPv4(host)) return { address: host };
  const [text = "", zone, ...more] = host.split("%");
  const address = ipv6(text);
  if (address === undefined || more.length > 0 || zone === "") return undefined;
  return zone === undefined ? { address } : { address, zone };
}

/** A literal of Zeek's language: IPv6 has brackets. */
export function addressLiteral(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) <= 255);
}

/** In lower case, and without dots, which Zeek's language allows in few places. */
function ipv6(text: string): string | undefined {
  const plain = withoutDots(text.toLowerCase());
  const [before = "", after, ...more] = plain.split("::");
  if (more.length > 0) return undefined;
  const groups = [...groupsOf(before), ...groupsOf(after ?? "")];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return (after === undefined ? groups.length === 8 : groups.length < 8) ? plain : undefined;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

/** "::ffff:1.2.3.4" as "::ffff:102:304". */
function withoutDots(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  const dotted = text.slice(start);
  if (!isIPv4(dotted)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const OCTET = /^(0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/;
