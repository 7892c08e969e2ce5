/** IP addresses as text and as the 16 bytes that Broker gives both families. */
import ipaddr from "ipaddr.js";

/** The canonical text of an address, or undefined if it is none. Zones are none. */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toString();
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const parsed = ipaddr.IPv6.parse(text);
  // As Zeek has it: an IPv4 address written as an IPv6 one is the IPv4 address.
  return parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : parsed.toRFC5952String();
}

export function isIPv4(canonical: string): boolean {
  return !canonical.includes(":");
}

/** @returns 16 bytes; IPv4 as ::ffff:a.b.c.d */
export function addressBytes(canonical: string): Uint8Array {
  const parsed = ipaddr.parse(canonical);
  const ipv6 = parsed instanceof ipaddr.IPv4 ? parsed.toIPv4MappedAddress() : parsed;
  return Uint8Array.from(ipv6.toByteArray());
}

/** @param bytes 16 */
export function addressOfBytes(bytes: Uint8Array): string {
  const parsed = new ipaddr.IPv6([...bytes]);
  return parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : parsed.toRFC5952String();
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

/** As long as an address can be: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255". */
const MAX_LENGTH = 45;
