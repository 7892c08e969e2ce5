/** Asks over HTTP: of every answer, and of none, what it comes to. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { answerIn, httpProblem } from "../../src/os/http-probe.ts";
import { errnoText } from "../../src/os/tools.ts";
import { freePort } from "../fixtures/ports.ts";
import { atEnd } from "../fixtures/tree.ts";

/** @returns what a server that treats each connection like this looks like, and what it was asked */
async function seen(
  t: TestContext,
  serve: (socket: net.Socket) => void,
  signal = new AbortController().signal,
): Promise<{ problem: string | undefined; asked: string }> {
  let asked = "";
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      asked += bytes;
    });
    serve(socket);
  });
  atEnd(t, () => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as net.AddressInfo;
  const target = { host: "127.0.0.1", port, path: "/alive?x", authority: `h:${port}` };
  return { problem: await httpProblem(target, signal, errnoText), asked };
}

/** Answers once the question is there. */
const answering =
  (...parts: string[]) =>
  (socket: net.Socket) =>
    socket.once("data", () => {
      for (const part of parts) socket.write(part);
    });

test("one request, of which the status is read, whatever comes after it", async (t) => {
  const { problem, asked } = await seen(t, answering("HTTP/1.1 204 No Content\r\n", "and so on"));
  assert.equal(problem, undefined);
  const [request, ...fields] = asked.split("\r\n");
  assert.equal(request, "GET /alive?x HTTP/1.1");
  assert.match(fields.find((field) => field.startsWith("Host: ")) ?? "", /^Host: h:\d+$/);
  assert.ok(fields.includes("Connection: close") && asked.endsWith("\r\n\r\n"));
});

test("why there was no good answer", async (t) => {
  const of = async (serve: (socket: net.Socket) => void) => (await seen(t, serve)).problem;
  assert.equal(await of(answering("HTTP/1.1 503 No\r\n")), "status 503");
  assert.equal(await of(answering("220 mail.example ESMTP\r\n")), "the answer is not HTTP");
  const noAnswer = "the connection was closed without an answer";
  assert.equal(await of((socket) => socket.once("data", () => socket.end())), noAnswer);
  assert.equal(
    await of((socket) => socket.once("data", () => socket.resetAndDestroy())),
    "Connection reset by peer",
  );
  const nobody = { host: "127.0.0.1", port: await freePort(), path: "/", authority: "h" };
  const { signal } = new AbortController();
  assert.equal(await httpProblem(nobody, signal, errnoText), "Connection refused");
});

test("who says nothing is waited for until somebody says that it is enough", async (t) => {
  const enough = new AbortController();
  let isClosed: Promise<unknown> | undefined;
  const { problem } = await seen(
    t,
    (socket) => {
      isClosed = once(socket, "close");
      socket.once("data", () => enough.abort());
    },
    enough.signal,
  );
  assert.notEqual(problem, undefined);
  await isClosed;
});

test("an answer is judged as soon as its first line is there, and not before", () => {
  const well = "HTTP/1.1 200 OK\r\n";
  for (let length = 0; length < well.length; length++)
    assert.equal(answerIn(well.slice(0, length)), undefined, well.slice(0, length));
  assert.deepEqual(answerIn(well), {});
  assert.deepEqual(answerIn("HTTP/1.0 302\n"), {}, "a redirect is an answer");
  assert.deepEqual(answerIn("HTTP/1.1 399 x\r\n"), {});
  assert.deepEqual(answerIn("HTTP/1.1 400 x\r\n"), { problem: "status 400" });
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  for (let length = 0; length <= interim.length; length++)
    assert.equal(answerIn(interim.slice(0, length)), undefined, interim.slice(0, length));
  assert.deepEqual(answerIn(`${interim}${interim}HTTP/1.1 500 x\r\n`), { problem: "status 500" });
  const noHttp = { problem: "the answer is not HTTP" };
  assert.deepEqual(answerIn("x"), noHttp);
  assert.deepEqual(answerIn("HTTP/1.1 two\r\n"), noHttp);
  assert.deepEqual(answerIn(`HTTP/1.1 ${"2".repeat(10_000)}`), noHttp, "without end");
});
