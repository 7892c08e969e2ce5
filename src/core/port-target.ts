/** Where a port is: what `ready: { port }` means. */

export type PortTarget = { host: string; port: number } | { path: string };

/**
 * @param port a TCP port, "HOST:PORT", "[IPv6]:PORT", or a Unix socket's path, with a / in it or after "unix:"
 * @returns undefined if it is none of these
 */
export function portTarget(port: number | string, host = "127.0.0.1"): PortTarget | undefined {
  if (typeof port === "number") return { host, port };
  if (port.startsWith("unix:")) return port === "unix:" ? undefined : { path: port.slice(5) };
  if (port.includes("/")) return { path: port };
  const [, bracketed, plain, digits] =
    /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(port) ?? [];
  const number = Number(digits);
  if (digits === undefined || number < 1 || number > 65_535) return undefined;
  return { host: bracketed ?? plain ?? host, port: number };
}
