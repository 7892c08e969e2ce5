/** IP addresses as text and as the 16 bytes that Broker gives both families. */
import ipaddr from "ipaddr.js";

/**
 * The canonical text of an address, or undefined if it is none. Zones are none. As Zeek has it, an
 * IPv4 address written as an IPv6 one (::ffff:1.2.3.4) is the IPv4 address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  if (isDotted(text)) return text;
  if (text.includes("%")) return undefined;
  // Dots are replaced, since ipaddr.js takes "::1.2.3.4" for the IPv4 address.
  const hex = text.includes(".") ? withoutDots(text) : text;
  if (hex === undefined || !ipaddr.IPv6.isValid(hex)) return undefined;
  return addressOfBytes(Uint8Array.from(ipaddr.IPv6.parse(hex).toByteArray()));
}

function isDotted(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** "::1.2.3.4" as "::102:304". */
function withoutDots(text: string): string | undefined {
  const start = text.lastIndexOf(":") + 1;
  const dotted = text.slice(start);
  if (!isDotted(dotted)) return undefined;
  const [, , , , , , high = 0, low = 0] = groupsOf(dotted, new Uint16Array(8));
  return `${text.slice(0, start)}${high.toString(16)}:${low.toString(16)}`;
}

/** "127.0.0.1:9999", "[::1]:9999". */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Who is at the other end of a socket, for people. */
export function remoteOf(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string {
  const address = socket.remoteAddress ?? "?";
  return hostAndPort(canonicalAddress(address) ?? address, socket.remotePort ?? 0);
}

export function isIPv4(canonical: string): boolean {
  return !canonical.includes(":");
}

/** @returns 16 bytes; IPv4 as ::ffff:a.b.c.d */
export function addressBytes(canonical: string): Uint8Array {
  const groups = groupsOf(canonical, new Uint16Array(8));
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = (groups[i >> 1] ?? 0) >> (i % 2 === 0 ? 8 : 0);
  return bytes;
}

/** Orders as the bytes are ordered. */
export function compareAddresses(a: string, b: string): number {
  if (a === b) return 0;
  groupsOf(a, left);
  groupsOf(b, right);
  let i = 0;
  while (i < 7 && left[i] === right[i]) i++;
  return (left[i] ?? 0) - (right[i] ?? 0);
}

/** Reads canonical text, which needs no checks: a set may compare its addresses millions of times. */
function groupsOf(canonical: string, groups: Uint16Array): Uint16Array {
  return isIPv4(canonical) ? groupsOfIPv4(canonical, groups) : groupsOfIPv6(canonical, groups);
}

function groupsOfIPv4(canonical: string, groups: Uint16Array): Uint16Array {
  let number = 0;
  let part = 0;
  for (let i = 0; i < canonical.length; i++) {
    const code = canonical.charCodeAt(i);
    if (code === DOT) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  number = number * 256 + part;
  for (let i = 0; i < 5; i++) groups[i] = 0;
  groups[5] = 0xffff;
  groups[6] = number >>> 16;
  groups[7] = number;
  return groups;
}

function groupsOfIPv6(canonical: string, groups: Uint16Array): Uint16Array {
  let length = 0;
  let gap = 8;
  let group = 0;
  for (let i = 0; i < canonical.length; i++) {
    const code = canonical.charCodeAt(i);
    if (code !== COLON) {
      group = group * 16 + (code > NINE ? code - A + 10 : code - ZERO);
      continue;
    }
    // Only a gap can come first.
    if (i > 0) groups[length++] = group;
    group = 0;
    if (canonical.charCodeAt(i + 1) === COLON) {
      gap = length;
      i++;
    }
  }
  if (!canonical.endsWith(":")) groups[length++] = group;
  const afterGap = length - gap;
  for (let i = 1; i <= afterGap; i++) groups[8 - i] = groups[length - i] ?? 0;
  for (let i = gap; i < 8 - afterGap; i++) groups[i] = 0;
  return groups;
}

/** @param bytes 16 */
export function addressOfBytes(bytes: Uint8Array): string {
  if (MAPPED.every((byte, i) => byte === bytes[i])) return bytes.subarray(12).join(".");
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
  const gap = longestGap(groups);
  if (gap.length < 2) return textOfGroups(groups);
  return `${textOfGroups(groups.slice(0, gap.start))}::${textOfGroups(groups.slice(gap.start + gap.length))}`;
}

function textOfGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

/** The zeros that RFC 5952 leaves out: the longest run, and the first of several. */
function longestGap(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: i + 1 - length, length };
  }
  return longest;
}

/** The network that an address is in. */
export interface Network {
  /** Its first address. */
  address: string;
  /** In bits, of the 32 or 128 that its family has. */
  length: number;
}

/**
 * @param bytes 16; bits of the host are cleared
 * @param length of the 128 bits: for IPv4, 96 more than usual
 */
export function networkOf(bytes: Uint8Array, length: number): Network {
  const masked = bytes.map((byte, i) => {
    const bits = Math.min(Math.max(length - i * 8, 0), 8);
    return byte & (0xff00 >> bits) & 0xff;
  });
  const address = addressOfBytes(masked);
  return { address, length: isIPv4(address) ? length - 96 : length };
}

/** How an IPv4 address begins: ten zeros, and ::ffff. */
const MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
/** As long as an address can be: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255". */
const MAX_LENGTH = 45;

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const A = 0x61;
/** Where addresses are compared. */
const [left, right] = [new Uint16Array(8), new Uint16Array(8)];
