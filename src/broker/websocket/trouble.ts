/** Why a WebSocket server could not be reached, in words for whoever wanted to. */
import type { IncomingMessage } from "node:http";

/** An error of the system, of TLS or of the protocol. */
export function wordsFor(error: Error): string {
  // OpenSSL's message is a line of its log; its reason is the part for people.
  const { code = "", reason } = error as NodeJS.ErrnoException & { reason?: string };
  if (code.startsWith("HPE_")) return "not a WebSocket server";
  if (code.startsWith("ERR_SSL_") && reason !== undefined) return `TLS: ${reason}`;
  return WORDS[code] ?? firstLine(error.message);
}

/** Tells what an answer of HTTP, instead of a WebSocket, means; with its first words, if it has some. */
export function refusalOf(response: IncomingMessage, tell: (text: string) => void): void {
  const { statusCode = 0, statusMessage = "" } = response;
  let body = "";
  let told = false;
  const finish = () => {
    if (told) return;
    told = true;
    const said = firstLine(body) || statusMessage;
    const what = MEANINGS[statusCode] ?? "not a server of WebSocket JSON v1";
    tell(`${what} (HTTP ${statusCode}: ${said})`);
  };
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    body += text;
    if (body.length >= LONGEST_BODY) finish();
  });
  response.on("error", () => {}); // "close" follows.
  response.on("end", finish);
  response.on("close", finish);
}

function firstLine(text: string): string {
  const [line = ""] = text.trim().split(/[\r\n]/, 1);
  return [...line.replace(/\p{C}/gu, "")].slice(0, LONGEST_LINE).join("");
}

const MEANINGS: Record<number, string> = {
  401: "the server wants a token, and not this one",
  403: "the server does not let this connection in",
};
const UNTRUSTED = "nobody who is trusted here has signed its certificate";
const WORDS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired",
  ECONNREFUSED: "connection refused: nothing listens there",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  ENOTFOUND: "no such host",
  EHOSTUNREACH: "no way to that host",
  ENETUNREACH: "no way to that network",
  ETIMEDOUT: "no answer",
  EAI_AGAIN: "names of hosts cannot be looked up now",
  ECONNRESET: "connection lost",
  EPIPE: "connection lost",
};
const LONGEST_BODY = 1000;
const LONGEST_LINE = 200;
