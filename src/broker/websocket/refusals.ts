/** How a client that is not let in is told so: in an answer, on a bare connection, or on a WebSocket. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Refusal, Verdict } from "./http-policy.ts";
import { errorText } from "./protocol.ts";

/** Told as Zeek tells it: on the WebSocket that was asked for, which is then closed. */
export function turnAway(ws: WebSocket, { code, context }: Verdict & { is: "misdirected" }): void {
  ws.on("error", () => {}); // `ws` itself ends a connection that does not answer the closing.
  ws.send(errorText({ code, context }));
  ws.close(1008, context);
}

/** Answers on a connection that HTTP has let go of. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  socket.on("error", () => {});
  if (!socket.writable) return; // It is answered already, and goes when its time is over.
  const head = Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`;
  socket.end([status, ...head, "", bodyOf(refusal)].join("\r\n"));
  // Ending it with something unread would reset it, and take the answer along.
  socket.resume();
}

/** Answers a request that HTTP still has. */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, headersOf(refusal));
  response.end(bodyOf(refusal));
}

function headersOf(refusal: Refusal): Record<string, string> {
  return {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(bodyOf(refusal))),
    Connection: "close",
    ...(refusal.status === 401 && { "WWW-Authenticate": "Bearer" }),
  };
}

function bodyOf({ text }: Refusal): string {
  return `${text}\n`;
}

export const NOT_A_WEBSOCKET: Refusal = {
  is: "refused",
  status: 400,
  text: "only WebSockets are served here",
};
export const NOT_HTTP: Refusal = { is: "refused", status: 400, text: "not a request of HTTP/1.1" };
