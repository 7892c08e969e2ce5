/** Asks over HTTP whether somebody is well: one request, of which the status alone is read. */
import type { HttpTarget } from "../core/http-target.ts";
import { connectUntil } from "./connecting.ts";

/** The longest head that is waited for. */
const LONGEST = 8 * 1024;

/**
 * Resolves when nothing of the attempt is left, with the reason if there was no status from 200 to 399.
 * Redirects are not followed.
 * @param problemOf what an error is to be called
 */
export function httpProblem(
  { host, port, path, authority }: HttpTarget,
  signal: AbortSignal,
  problemOf: (error: NodeJS.ErrnoException) => string | undefined,
): Promise<string | undefined> {
  return new Promise((seen) => {
    let isJudged = false;
    let problem: string | undefined = "the connection was closed without an answer";
    let head = "";
    const socket = connectUntil(signal, { host, port });
    const judge = (found: string | undefined): void => {
      if (isJudged) return;
      isJudged = true;
      problem = found;
      socket.destroy();
    };
    socket.setEncoding("latin1");
    socket.once("connect", () => socket.write(requestOf(path, authority)));
    socket.on("data", (text: string) => {
      head += text;
      const answer = answerIn(head);
      if (answer !== undefined) judge(answer.problem);
    });
    socket.on("error", (error) => judge(problemOf(error)));
    socket.once("close", () => seen(problem));
  });
}

function requestOf(path: string, authority: string): string {
  const fields = [`Host: ${authority}`, "User-Agent: coppice", "Accept: */*", "Connection: close"];
  return `GET ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
}

/** What an answer comes to whose beginning this is; undefined if more of it is needed. */
export function answerIn(text: string): { problem?: string } | undefined {
  // Interim answers, such as 103, come before the one that counts.
  const head = text.replace(/^(HTTP\/1\.[01] 1\d\d[\s\S]*?\r?\n\r?\n)+/, "");
  if (!/\n/.test(head) || /^HTTP\/1\.[01] 1\d\d/.test(head)) {
    const isHttp = head.startsWith(PREFIX) || PREFIX.startsWith(head);
    return isHttp && text.length <= LONGEST ? undefined : { problem: NO_HTTP };
  }
  const [, status] = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(head) ?? [];
  if (status === undefined) return { problem: NO_HTTP };
  return status < "200" || status >= "400" ? { problem: `status ${status}` } : {};
}

const PREFIX = "HTTP/1.";
const NO_HTTP = "the answer is not HTTP";
