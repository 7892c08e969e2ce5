/**
 * The console's page and its parts, served where WebSocket clients may connect: files of the image,
 * read when they are asked for. They hold nothing secret, and a browser that is led to the page has no
 * token to show yet, so that everybody may have them whom the Host and the Origin let in; what the page
 * shows comes over its WebSocket, for which a token is asked as ever.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { HttpAnswer, HttpRequest, HttpRoute } from "../broker/websocket/routes.ts";

/** Where a browser on this machine finds the page of a listener; "all addresses" is none to go to. */
export function consoleUrl(
  { host, port }: { host: string; port: number },
  isEncrypted: boolean,
): string {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${isEncrypted ? "https" : "http"}://${here.includes(":") ? `[${here}]` : here}:${port}/`;
}

/** @param image where this runtime's code lies */
export function consoleRoutes(image: string): HttpRoute[] {
  return [
    {
      // Every path that has no other route: only the page itself is there.
      path: "/",
      isOpen: true,
      handle: (request) =>
        request.path === "/" ? fileAnswer(image, "console/index.html", request) : NOTHING,
    },
    {
      path: "/app/",
      isOpen: true,
      handle: (request) => fileAnswer(image, request.path.slice("/app/".length), request),
    },
    {
      // A WebSocket that is refused does not let a page know why: it asks here first.
      path: "/app/access",
      isOpen: true,
      handle: ({ access }) => ({
        status: 200,
        headers: { ...HEADERS, "Cache-Control": "no-store", "Content-Type": "application/json" },
        body: JSON.stringify({ access }),
      }),
    },
  ];
}

async function fileAnswer(
  image: string,
  name: string,
  { headers }: HttpRequest,
): Promise<HttpAnswer> {
  const type = TYPES.get(path.extname(name));
  if (type === undefined || !isServed(name)) return NOTHING;
  let body: Buffer;
  try {
    body = await readFile(path.join(image, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NOTHING;
    throw error;
  }
  const tag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  const own = { ...HEADERS, "Content-Type": type, ETag: tag };
  // Asked for each time, since an upgrade may come any time; sent only if it is another one.
  if (headers["if-none-match"] === tag) return { status: 304, headers: own };
  return { status: 200, headers: own, body };
}

/** All of console/, and of what lies elsewhere that alone which it imports. */
function isServed(name: string): boolean {
  return /^console\/[\w/-]+\.[a-z]+$/.test(name) || SHARED_MODULES.has(name);
}

/** What the page's modules import from outside of console/ where they are not built into few. */
export const SHARED_MODULES: ReadonlySet<string> = new Set([
  "broker/text.js",
  "broker/websocket/protocol.js",
  "control/line-reader.js",
  "control/protocol.js",
  "core/groups.js",
  "errors.js",
  "output/lines.js",
]);

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
]);

/**
 * The page can load nothing but its own files, speak with nobody but its own Supervisor, be framed by
 * nobody, and never make anything of text but text: `require-trusted-types-for` has the browser refuse
 * innerHTML and its kin.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

const NOTHING: HttpAnswer = {
  status: 404,
  headers: { "Content-Type": "text/plain; charset=utf-8" },
  body: "there is nothing here\n",
};
