/** TLS as Broker's peers speak it. node:tls itself is loaded only by those who listen or connect. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { reasonOf } from "./native/sockets.ts";

/**
 * `true` is Zeek's default: encrypted, but neither side shows who it is. `false` is plain TCP. With
 * certificates, given as PEM text or as files' names, both sides must show one that `ca` has signed.
 */
export type Tls = boolean | { cert?: string; key?: string; ca?: string };

/** For `tls.createServer` and `tls.connect` alike. */
export type TlsSettings = TlsOptions & ConnectionOptions;

/**
 * @returns undefined for plain TCP
 * @throws Error that says what is missing or which file cannot be read
 */
export function tlsSettings(tls: Tls): TlsSettings | undefined {
  if (tls === false) return undefined;
  if (tls === true) return { ...ANONYMOUS };
  const { cert, key, ca } = tls;
  // Without `ca` Node.js would trust everybody who has a certificate for a web server.
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new Error("TLS with certificates needs all of cert, key and ca");
  }
  return { ...MUTUAL, cert: pem(cert), key: pem(key), ca: pem(ca) };
}

/** Makes something with settings; what is wrong with the certificates shows only now. */
export function certified<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw new Error(`TLS cannot be set up: ${reasonOf(error)}`);
  }
}

/** @throws Error that says which file cannot be read */
export function pem(textOrFile: string): string {
  if (textOrFile.includes("-----BEGIN")) return textOrFile;
  try {
    return readFileSync(textOrFile, "utf8");
  } catch (error) {
    throw new Error(`cannot read ${textOrFile}: ${reasonOf(error)}`);
  }
}

/** What Broker sets if it is given no certificate. OpenSSL has such ciphers at level 0 only. */
const ANONYMOUS: TlsSettings = {
  ciphers: "AECDH-AES256-SHA@SECLEVEL=0",
  ecdhCurve: "P-384",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  rejectUnauthorized: false,
};

const MUTUAL: TlsSettings = {
  // Broker's list. The ciphers of TLS 1.3 have to be named here or Node.js turns that version off;
  // Broker, which leaves them as they are, has them on.
  ciphers: `TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:${"HIGH:!aNULL:!MD5"}`,
  minVersion: "TLSv1.2",
  requestCert: true,
  rejectUnauthorized: true,
  // Broker does not compare names either: the certificates of a cluster say that a node belongs to
  // it, not where it is. So whoever has a certificate of this `ca` is trusted on either side.
  checkServerIdentity: () => undefined,
};
