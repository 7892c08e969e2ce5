/**
 * The plain HTTP requests of one connection: answered one after the other, however many a client sends
 * ahead, and in a time that no slow reader can stretch.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Admission } from "./http-policy.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type HttpRoute,
  pathOf,
  queryOf,
  routeFor,
} from "./routes.ts";

/** A request, and what those who check it have said of it. */
export interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  admission: Admission;
}

export interface RequestsOptions {
  routes: readonly HttpRoute[];
  socket: Socket;
  /** A request is being answered from now on. */
  busy(): void;
  /** All are answered. */
  idle(): void;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #waiting: Asked[] = [];
  #isBusy = false;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Whether there is one that is not answered yet. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  take(asked: Asked): void {
    const { socket } = this.#options;
    if (socket.destroyed) return;
    this.#waiting.push(asked);
    // Each costs memory, and nobody sends so many without reading an answer.
    if (this.#waiting.length > MOST_AHEAD) socket.destroy();
    else if (!this.#isBusy) this.#next();
  }

  #next(): void {
    const { socket, busy, idle } = this.#options;
    const asked = this.#waiting.shift();
    this.#isBusy = asked !== undefined;
    if (socket.destroyed) return;
    if (asked === undefined) return idle();
    busy();
    asked.response.once("close", () => this.#next());
    void answer(asked, this.#options.routes);
  }
}

/** Never rejects: whatever goes wrong ends in an answer, or with the connection. */
async function answer(asked: Asked, routes: readonly HttpRoute[]): Promise<void> {
  const { request, response } = asked;
  // What else comes of it is not waited for.
  if (hasBody(request)) response.shouldKeepAlive = false;
  let given: HttpAnswer;
  try {
    given = await answerTo(asked, routes);
  } catch {
    given = plain(500, "something went wrong here: its log has more");
  }
  try {
    send(response, given);
  } catch {
    response.destroy(); // A header that is none.
  }
}

function answerTo(
  { request, admission }: Asked,
  routes: readonly HttpRoute[],
): HttpAnswer | Promise<HttpAnswer> {
  const { method = "", url = "", headers } = request;
  const route = routeFor(routes, url);
  const isOpen = route?.isOpen === true && admission.is === "refused" && admission.status === 401;
  if (admission.is === "refused" && !isOpen) {
    const { status, text } = admission;
    const challenge = status === 401 ? { "WWW-Authenticate": "Bearer" } : {};
    return plain(status, text, { ...challenge, Connection: "close" });
  }
  if (route === undefined) return plain(404, "there is nothing here");
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "this can only be read", { Allow: "GET, HEAD" });
  }
  return route.handle({
    method,
    path: pathOf(url),
    query: queryOf(url),
    headers,
    access: accessOf(admission),
  });
}

function accessOf(admission: Admission): HttpRequest["access"] {
  if (admission.is === "refused") return "nothing";
  return admission.mayControl ? "control" : "look";
}

/** One line. */
function plain(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
    body: `${text}\n`,
  };
}

function send(response: ServerResponse, { status, headers, body = "" }: HttpAnswer): void {
  if (response.destroyed) return;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...FOR_OWN_PAGES,
    ...headers,
    ...(hasLength && { "Content-Length": bytes.length }),
  });
  response.end(bytes);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Pages of other sites may ask without saying who they are, as if for an image or a script. */
const FOR_OWN_PAGES = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
};
const MOST_AHEAD = 10;
