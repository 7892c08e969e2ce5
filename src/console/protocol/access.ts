/** Whether this page may connect, asked over HTTP with the token that it would show. */

export type Access =
  | { is: "welcome" }
  | { is: "locked" }
  | { is: "refused"; why: string }
  /** Nobody answers. */
  | { is: "away" };

export async function askAccess(base: URL, token: string): Promise<Access> {
  const headers = headersWith(token);
  // What no header can carry opens no door: it was mistyped. Nobody has to be asked.
  if (headers === undefined) return { is: "locked" };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(new URL("app/access", base), { headers, signal });
    if (response.status === 403) return { is: "refused", why: (await response.text()).trim() };
    if (!response.ok) return { is: "away" };
    const { access } = (await response.json()) as { access?: unknown };
    return { is: access === "look" || access === "control" ? "welcome" : "locked" };
  } catch {
    return { is: "away" };
  }
}

function headersWith(token: string): Headers | undefined {
  try {
    return new Headers(token === "" ? {} : { Authorization: `Bearer ${token}` });
  } catch {
    return undefined;
  }
}

const TIMEOUT_MS = 5_000;
