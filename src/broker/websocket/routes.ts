/**
 * What is answered to plain HTTP requests beside the WebSockets: paths, and who answers at them. Whoever
 * wants to be found there makes a route; nobody here knows what is behind it.
 */
import type { IncomingHttpHeaders } from "node:http";
import { PATH } from "./protocol.ts";

export interface HttpRoute {
  /**
   * Where: "/metrics" is that path alone; one that ends with a slash is every path that begins with it
   * and has no longer route. As they are sent: without the query, and not decoded.
   */
  path: string;
  /** Whether those who show no token, or a wrong one, are answered too: as nobody in particular. */
  isOpen?: boolean;
  /**
   * Makes the answer, at once or later. An error is answered with 500, and ends nothing.
   * One connection's requests come here one after the other.
   */
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

export interface HttpRequest {
  /** The answer to HEAD is made as that to GET is: its body is left out afterwards. */
  method: "GET" | "HEAD";
  /** As it was sent: begins with a slash, is not decoded, and has no query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** What whoever asks may do. Only at open routes there are some who may do nothing. */
  access: HttpAccess;
}

export type HttpAccess = "nothing" | "look" | "control";

export interface HttpAnswer {
  status: number;
  /** Besides Content-Length, Date, and what keeps other sites' pages from using it. */
  headers?: Readonly<Record<string, string>>;
  /** Text is sent as UTF-8. */
  body?: string | Uint8Array;
}

/** Whose paths a request's is, by what it asks for: its path with its query. */
export function routeFor(routes: readonly HttpRoute[], url: string): HttpRoute | undefined {
  const path = pathOf(url);
  if (path === PATH) return undefined; // That is where the WebSockets are.
  let found: HttpRoute | undefined;
  for (const route of routes) {
    const isHere = route.path.endsWith("/") ? path.startsWith(route.path) : path === route.path;
    if (isHere && route.path.length > (found?.path.length ?? -1)) found = route;
  }
  return found;
}

/** The path that is asked for. */
export function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "";
}

/** What stands behind the path. */
export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
}
