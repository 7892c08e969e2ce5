/** Who could connect to a listener, and whether that is safe. */
import { canonicalAddress, isIPv4 } from "./addresses.ts";

export interface Exposure {
  /** Where it would listen. */
  host: string;
  /** Whether clients must show a token; undefined where they cannot. */
  hasToken: boolean | undefined;
  /** Whether TLS lets only those in who have a certificate. */
  hasClientCertificates: boolean;
  /** Whether the user has said that all this is wanted. */
  insecure: boolean;
}

/** Why a listener must not be opened, in one line; undefined if it may be. */
export function listenProblem(exposure: Exposure): string | undefined {
  const { host, hasToken, hasClientCertificates, insecure } = exposure;
  if (isLoopback(host) || hasToken || hasClientCertificates || insecure) return undefined;
  return (
    `will not listen on ${host}: everybody who can reach it could start programs here; ` +
    `${hasToken === undefined ? "" : "set a token (--token-file), "}have TLS ask for client certificates ` +
    "(--tls-ca), or allow it (--insecure)"
  );
}

/** Whether only processes of this machine can connect there. Other names may be anything. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  const address = canonicalAddress(host);
  if (address === undefined) return false;
  return isIPv4(address) ? address.startsWith("127.") : address === "::1";
}
