/** What of a node's interface is a device of this machine. */

/**
 * The device that must be there for packets to be read: "eth0" of "af_packet::eth0". Undefined where
 * that cannot be told, since other sources of packets have names of their own ("zc:eth0@1").
 */
export function deviceOf(name: string): string | undefined {
  const plain = name.replace(/^(?:af_packet|pcap)::/, "");
  return DEVICE.test(plain) && !PSEUDO.test(plain) ? plain : undefined;
}

/** As Linux allows them: 15 bytes. */
const DEVICE = /^[\w.-]{1,15}$/;
/** What libpcap makes up. */
const PSEUDO =
  /^(?:any|nflog\d*|nfqueue|usbmon\d+|bluetooth(?:\d+|-monitor)|dbus-\w+|snf\d+|dag\d+)$/;
