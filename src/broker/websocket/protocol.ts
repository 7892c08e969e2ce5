/** What is said on a connection of WebSocket JSON v1 beside the data messages. */
import { normalText } from "../text.ts";

/** The one path, compared with its query. */
export const PATH = "/v1/messages/json";

/** `Broker::default_port_websocket`. */
export const DEFAULT_PORT = 9997;

/**
 * The name of a subprotocol that holds a token: its bytes follow in base64url, since such names may
 * hold few characters. Whoever offers it offers `SUBPROTOCOL` before it, which is what is answered, so
 * that the token does not come back.
 */
export const BEARER_PROTOCOL = "coppice.bearer.";
export const SUBPROTOCOL = "coppice";

/** What the server answers to a message that it cannot take. Nothing says which one it was. */
export interface ErrorReply {
  code: string;
  context: string;
}

export interface Ack {
  /** What the server calls this connection. */
  endpoint: string;
  /** The server's version, which tells the layout of its records. */
  version: string;
}

/** The server's answer to the first message. */
export function ackText({ endpoint, version }: Ack): string {
  return JSON.stringify({ type: "ack", endpoint, version });
}

export function errorText({ code, context }: ErrorReply): string {
  return JSON.stringify({ type: "error", code, context });
}

/**
 * The prefixes in a client's first message, or why it is none.
 *
 * @param limit characters that it may have
 */
export function subscriptionsOf(text: string, limit: number): string[] | ErrorReply {
  if (text.length > limit) return undecoded(`subscriptions of more than ${limit} characters`);
  const message = parsed(text);
  if (!Array.isArray(message)) return undecoded("subscriptions not an array");
  if (!message.every((prefix) => typeof prefix === "string")) {
    return undecoded("individual subscription not a string");
  }
  return message.map(normalText);
}

/** An acknowledgement or an error from a server; undefined if it is something else. */
export function replyOf(text: string): ({ type: "ack" } & Ack) | ErrorMessage | undefined {
  const message = parsed(text);
  if (typeof message !== "object" || message === null) return undefined;
  const { type, endpoint, version, code, context } = message as Record<string, unknown>;
  if (type === "ack") return { type, endpoint: asText(endpoint), version: asText(version) };
  if (type === "error") return { type, code: asText(code), context: asText(context) };
  return undefined;
}

type ErrorMessage = { type: "error" } & ErrorReply;

export function undecoded(context: string): ErrorReply {
  return { code: "deserialization_failed", context };
}

/** How a connection ended, in words. */
export function endOf(code: number, reason: string): string {
  if (reason !== "") return `closed: ${reason} (${code})`;
  if (code === 1006) return "connection lost";
  return code === 1000 || code === 1005 ? "closed" : `closed (${code})`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
