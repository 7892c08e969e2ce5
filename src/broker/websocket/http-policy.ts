/**
 * What becomes of an HTTP request at the WebSocket door, decided from its head alone. Zeek checks
 * only what makes it a WebSocket request; the rest keeps web pages and strangers out.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { BEARER_PROTOCOL, PATH } from "./protocol.ts";

export interface RequestHead {
  method: string;
  /** "1.1" */
  httpVersion: string;
  /** With its query. */
  url: string;
  headers: IncomingHttpHeaders;
}

export interface Access {
  /** Came over a Unix socket: the file's mode has decided who may. */
  local: boolean;
  /** Names, in lower case, by which this door is known, apart from "localhost" and IP addresses. */
  names: ReadonlySet<string>;
  /** Whoever shows it may control. */
  token?: string;
  /** Whoever shows it may look. */
  readToken?: string;
}

/** An answer of HTTP, instead of what was asked for. */
export interface Refusal {
  is: "refused";
  status: 400 | 401 | 403;
  /** One line. */
  text: string;
}

export type Admission = Refusal | { is: "admitted"; mayControl: boolean };

export type Verdict =
  | Refusal
  /** Becomes a WebSocket, is told why, and closed: as Zeek has it. */
  | { is: "misdirected"; code: string; context: string }
  | { is: "session"; mayControl: boolean; application?: string; client?: string };

/** Decides about a request that wants to become a WebSocket. */
export function judgeUpgrade(request: RequestHead, access: Access): Verdict {
  const admission = judgeAccess(request.headers, access);
  if (admission.is === "refused") return admission;
  const problem = upgradeProblem(request);
  if (problem !== undefined) return { is: "refused", status: 400, text: problem };
  if (request.url !== PATH) {
    return { is: "misdirected", code: "invalid_uri", context: `Invalid URI - use ${PATH}` };
  }
  const application = textOf(request.headers["x-application-name"]);
  if (application !== undefined && !/^[-/_.=:*@a-zA-Z0-9]*$/.test(application)) {
    return {
      is: "misdirected",
      code: "invalid_application_name",
      context: "Invalid X-Application-Name",
    };
  }
  const client = access.local ? clientName(textOf(request.headers["x-coppice-client"])) : undefined;
  return {
    is: "session",
    mayControl: admission.mayControl,
    ...(application !== undefined && { application }),
    ...(client !== undefined && { client }),
  };
}

/** Decides who may ask at all: of WebSockets and of plain HTTP. */
export function judgeAccess(headers: IncomingHttpHeaders, access: Access): Admission {
  if (access.local) return { is: "admitted", mayControl: true };
  const host = headers.host ?? "";
  // Under a name that is not ours, a page of somebody else could reach us: DNS rebinding.
  if (host !== "" && !isOurHost(host, access.names)) {
    return forbidden("this Host is not served here: use an IP address, or allow the name");
  }
  // Browsers let every page open WebSockets to anywhere, and say which page it was.
  if (headers.origin !== undefined && !isOwnOrigin(headers.origin, host)) {
    return forbidden("requests from other Origins are not served here");
  }
  return judgeToken(bearerOf(headers), access);
}

/** Browsers let a page set no header of a WebSocket's request but the names of subprotocols. */
function bearerOf(headers: IncomingHttpHeaders): string {
  const [, shown] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
  if (shown !== undefined) return shown;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
  const bearer = offered.find((one) => one.startsWith(BEARER_PROTOCOL));
  if (bearer === undefined) return "";
  return Buffer.from(bearer.slice(BEARER_PROTOCOL.length), "base64url").toString("utf8");
}

/** The name of a host without its port; undefined if it is none. Names are in lower case. */
export function hostName(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d*)?$/i.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed.toLowerCase() : undefined;
  return plain?.toLowerCase();
}

function judgeToken(shown: string, access: Access): Admission {
  const { token, readToken } = access;
  if (token === undefined && readToken === undefined) return { is: "admitted", mayControl: true };
  // Both are compared always: how long it takes tells nothing.
  const mayControl = isSame(shown, token);
  const mayLook = isSame(shown, readToken);
  if (mayControl || mayLook) return { is: "admitted", mayControl };
  const text = shown === "" ? "a token is needed: Authorization: Bearer TOKEN" : "wrong token";
  return { is: "refused", status: 401, text };
}

function isSame(shown: string, secret: string | undefined): boolean {
  return secret !== undefined && timingSafeEqual(digest(shown), digest(secret));
}

/** Of one length, whatever the secret's is. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function upgradeProblem({ method, httpVersion, headers }: RequestHead): string | undefined {
  if (method !== "GET") return "a WebSocket begins with GET";
  if (httpVersion !== "1.1") return "a WebSocket begins with HTTP/1.1";
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Upgrade: websocket is missing";
  if (headers["sec-websocket-version"] !== "13") return "Sec-WebSocket-Version: 13 is missing";
  const key = headers["sec-websocket-key"] ?? "";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) return "Sec-WebSocket-Key is missing or wrong";
  return undefined;
}

function isOurHost(host: string, names: ReadonlySet<string>): boolean {
  const name = hostName(host);
  return name !== undefined && (isIP(name) !== 0 || name === "localhost" || names.has(name));
}

function isOwnOrigin(origin: string, host: string): boolean {
  const own = host.toLowerCase();
  return own !== "" && [`http://${own}`, `https://${own}`].includes(origin.toLowerCase());
}

function forbidden(text: string): Refusal {
  return { is: "refused", status: 403, text };
}

/** For a log: UTF-8, on one line, and not long. */
function clientName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = Buffer.from(header, "latin1").toString("utf8"); // Node.js takes headers for Latin-1.
  return [...text.replace(UNPRINTABLE, "")].slice(0, LONGEST_CLIENT_NAME).join("");
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "object" ? header.join(", ") : header;
}

/** Control and format characters, and what else ends a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const LONGEST_CLIENT_NAME = 200;
