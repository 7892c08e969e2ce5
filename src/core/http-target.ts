/** What an HTTP check asks: what `health: { http }` means. */

export interface HttpTarget {
  host: string;
  port: number;
  /** Path and query, as they are sent. */
  path: string;
  /** Of the request's `Host` field. */
  authority: string;
}

/**
 * @param http a TCP port of this host, "PORT/path", or an `http://` URL without user and password
 * @returns undefined if it is none of these
 */
export function httpTarget(http: number | string): HttpTarget | undefined {
  const text = String(http);
  const url = /^\d{1,5}(\/|$)/.test(text) ? `http://127.0.0.1:${text}` : text;
  if (!/^http:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, port, pathname, search, host, username, password } = new URL(url);
  if (username !== "" || password !== "" || port === "0") return undefined;
  return {
    // A URL has an IPv6 address in brackets.
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? 80 : Number(port),
    path: `${pathname}${search}`,
    authority: host,
  };
}
