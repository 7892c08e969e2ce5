/** Plain HTTP beside the WebSockets: who is answered, with what, and what that may cost. */
import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { type TestContext, test } from "node:test";
import tls from "node:tls";
import {
  type HttpAnswer,
  type HttpRequest,
  type HttpRoute,
  pathOf,
  queryOf,
  routeFor,
} from "../../../src/broker/websocket/routes.ts";
import type { WebSocketListenOptions } from "../../../src/broker/websocket/server.ts";
import { atEnd, temporaryDirectory, until } from "../../fixtures/tree.ts";
import {
  frame,
  RawClient,
  testEndpoint,
  testListener,
  upgradeRequest,
} from "../../fixtures/websocket.ts";

/** A listener with a page at /page, that tells what it was asked. */
async function served(
  t: TestContext,
  options: WebSocketListenOptions = {},
  more: readonly HttpRoute[] = [],
) {
  const seen: HttpRequest[] = [];
  const page: HttpRoute = {
    path: "/page",
    handle(request) {
      seen.push(request);
      return { status: 200, headers: { "Content-Type": "text/plain" }, body: "a page\n" };
    },
  };
  const routes = [page, ...more];
  const listener = await testListener(t, testEndpoint(t, "server"), { ...options, routes });
  const target = listener.path ?? listener.port;
  return { seen, port: listener.port, say: (text: string) => new RawClient(t, target).write(text) };
}

const GET = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LAST = "GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const fixed = (path: string, answer: HttpAnswer): HttpRoute => ({ path, handle: () => answer });

test("the longest path wins; one with a slash at its end is all below it; the WebSockets' is nobody's", () => {
  const paths = ["/", "/metrics", "/app/", "/app/api/", "/v1/"];
  const routes = paths.map((one) => fixed(one, { status: 200 }));
  const found = (url: string) => routeFor(routes, url)?.path;
  assert.equal(found("/metrics"), "/metrics");
  assert.equal(found("/metrics?a=/app/"), "/metrics");
  assert.equal(found("/metrics/"), "/");
  assert.equal(found("/metricsx"), "/");
  assert.equal(found("/app/x/y"), "/app/");
  assert.equal(found("/app/api/x"), "/app/api/");
  assert.equal(found("/app"), "/");
  assert.equal(found("/?"), "/");
  assert.equal(found("/v1/x"), "/v1/");
  assert.equal(found("/v1/messages/json"), undefined);
  assert.equal(found("/v1/messages/json?x"), undefined);
  // A proxy's form, and what is none at all.
  assert.equal(found("http://localhost/metrics"), undefined);
  assert.equal(found("*"), undefined);
  assert.equal(found(""), undefined);
  assert.equal(routeFor(routes.slice(1), "/nowhere"), undefined);
  assert.equal(pathOf("/a?b?c"), "/a");
  assert.equal(queryOf("/a?b=1&c").get("b"), "1");
  assert.equal(queryOf("/a").size, 0);
});

test("GET is answered with what the route has made, and HEAD with the same head", async (t) => {
  const { say, seen } = await served(t);
  const got = await say(LAST.replace("/page", "/page?x=1")).end();
  assert.match(got, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(got, /\r\nContent-Length: 7\r\n/);
  assert.match(got, /\r\nX-Content-Type-Options: nosniff\r\n/);
  assert.match(got, /\r\nCross-Origin-Resource-Policy: same-origin\r\n/);
  assert.match(got, /\r\n\r\na page\n$/);
  const head = await say(LAST.replace("GET", "HEAD")).end();
  const undated = (text: string) => text.replace(/Date: .*\r\n/, "");
  assert.equal(undated(head), undated(got).replace("a page\n", ""));
  const asked = seen.map(({ method, path, query, access }) => [method, path, `${query}`, access]);
  assert.deepEqual(asked, [
    ["GET", "/page", "x=1", "control"],
    ["HEAD", "/page", "", "control"],
  ]);
});

test("other paths are not found, other methods not allowed; what the WebSockets are asked is as ever", async (t) => {
  const { say } = await served(t);
  const first = async (line: string, headers = "") =>
    (await say(`${line}\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`).end())
      .replace(/\r\nDate: [^\r]*/, "")
      .split("\r\n");
  const missing = await first("GET /nowhere HTTP/1.1");
  assert.equal(missing[0], "HTTP/1.1 404 Not Found");
  assert.equal(missing.at(-1), "there is nothing here\n");
  assert.equal((await first("GET http://localhost/page HTTP/1.1"))[0], "HTTP/1.1 404 Not Found");
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"]) {
    const refused = await first(`${method} /page HTTP/1.1`, "Content-Length: 0\r\n");
    assert.equal(refused[0], "HTTP/1.1 405 Method Not Allowed", method);
    assert.ok(refused.includes("Allow: GET, HEAD"), method);
  }
  const plain = await served(t, {});
  const bare = await testListener(t, testEndpoint(t, "bare"));
  const requests = [
    upgradeRequest({ Upgrade: undefined }),
    upgradeRequest(
      { Upgrade: undefined, "Content-Length": "0" },
      "POST /v1/messages/json HTTP/1.1",
    ),
    upgradeRequest({ Upgrade: "h2c" }),
    upgradeRequest({ Upgrade: "h2c" }, "GET /page HTTP/1.1"),
    upgradeRequest({}, "GET /v1/messages/json HTTP/1.0"),
    "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    `GET /page HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
  ];
  for (const request of requests) {
    const dateless = (text: string) => text.replace(/\r\nDate: [^\r]*/, "");
    const without = await new RawClient(t, bare.port).write(request).until(/\r\n\r\n.*\n/);
    const withRoutes = await plain.say(request).until(/\r\n\r\n.*\n/);
    assert.equal(dateless(withRoutes), dateless(without), request.slice(0, 60));
    assert.match(without, /^HTTP\/1\.1 400 /);
  }
  // Another path is upgraded, told and closed, though it is a page's.
  const lost = say(upgradeRequest({}, "GET /page HTTP/1.1"));
  assert.equal((await lost.close()).code, 1008);
});

test("a page is only for those who may have a WebSocket; an open one says who asks", async (t) => {
  const open: HttpRoute = {
    path: "/open",
    isOpen: true,
    handle: ({ access }) => ({ status: 200, body: access }),
  };
  const { say, seen } = await served(t, { token: "act", readToken: "look" }, [open]);
  const ask = (path: string, ...headers: string[]) =>
    say([`GET ${path} HTTP/1.1`, "Connection: close", ...headers, "", ""].join("\r\n")).end();
  const bearer = (token: string) => `Authorization: Bearer ${token}`;
  for (const headers of [[], [bearer("none")], ["Authorization: Basic YWN0OmFjdA=="]]) {
    const answer = await ask("/page", ...headers);
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.match(answer, /\r\nWWW-Authenticate: Bearer\r\n/);
    // What is there, and what is not, is nobody else's business.
    assert.match(await ask("/nowhere", ...headers), /^HTTP\/1\.1 401 /);
    assert.match(await ask("/open", ...headers), /\r\n\r\nnothing$/);
  }
  // A token does not belong where logs show it.
  assert.match(await ask("/page?token=act"), /^HTTP\/1\.1 401 /);
  assert.match(await ask("/page", bearer("act")), /\r\n\r\na page\n$/);
  assert.match(await ask("/page", bearer("look")), /\r\n\r\na page\n$/);
  assert.match(await ask("/open", bearer("look")), /\r\n\r\nlook$/);
  assert.match(await ask("/open", bearer("act")), /\r\n\r\ncontrol$/);
  assert.deepEqual(
    seen.map(({ access }) => access),
    ["control", "look"],
  );
  for (const header of ["Host: attacker.example", "Origin: http://attacker.example"]) {
    assert.match(await ask("/page", bearer("act"), header), /^HTTP\/1\.1 403 /);
    assert.match(await ask("/open", header), /^HTTP\/1\.1 403 /);
  }
});

test("HTTP/1.0 is answered and closed, with a length; and on a Unix socket everything is as on TCP", async (t) => {
  const { say } = await served(t);
  const answer = await say("GET /page HTTP/1.0\r\n\r\n").end();
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /\r\nContent-Length: 7\r\n/);
  assert.match(answer, /\r\n\r\na page\n$/);
  const socket = path.join(temporaryDirectory(t), "pages.sock");
  const local = await served(t, { path: socket, token: "not asked for here" });
  assert.match(await local.say(LAST).end(), /\r\n\r\na page\n$/);
  assert.equal(local.seen[0]?.access, "control");
});

test("over TLS it is the same", async (t) => {
  const pem = (name: string) => path.join(import.meta.dirname, "../../fixtures/certificates", name);
  const { port } = await served(t, {
    tls: { cert: pem("local.pem"), key: pem("local.key") },
  });
  const client = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  atEnd(t, () => client.destroy());
  client.write(LAST);
  let text = "";
  client.on("data", (chunk) => {
    text += chunk;
  });
  await until("the page", () => /\r\n\r\na page\n$/.test(text));
});

test("a connection is kept for the next request, and afterwards still becomes a WebSocket", async (t) => {
  const { port, say } = await served(t);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  atEnd(t, () => agent.destroy());
  const get = () =>
    new Promise<[boolean, string]>((resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port, path: "/page", agent }, (response) => {
        response.resume();
        response.on("end", () =>
          resolve([request.reusedSocket, String(response.headers["keep-alive"])]),
        );
      });
      request.on("error", reject);
    });
  assert.deepEqual(await get(), [false, "timeout=600"]);
  assert.deepEqual(await get(), [true, "timeout=600"]);

  const both = say(GET);
  await both.until(/a page\n$/);
  both.write(upgradeRequest());
  await both.until(/HTTP\/1\.1 101 /);
  both.write(frame(1, "[]"));
  await both.until(/"type":"ack"/);
});

test("what is idle goes, and what has become a WebSocket in time stays", async (t) => {
  const { say } = await served(t, { limits: { upgradeTime: 300, answerTime: 300 } });
  await until("an answer in time", async () => /a page\n$/.test(await say(GET).end()));
  // A body that never comes, or never ends, is not waited for.
  for (const body of [
    "Content-Length: 9\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
  ]) {
    await until("an answer in time", async () =>
      /\r\nConnection: close\r\n[\s\S]*a page\n$/.test(
        await say(`GET /page HTTP/1.1\r\n${body}`).end(),
      ),
    );
  }
  const session = await until("a WebSocket in time", async () => {
    const one = say(GET);
    await until("its page", () => one.isClosed || one.text.endsWith("a page\n"));
    one.write(upgradeRequest());
    await until("its answer", () => one.isClosed || one.text.includes("HTTP/1.1 101 "));
    return !one.isClosed && one;
  });
  await say(GET).end();
  await say("").end();
  assert.equal(session.isClosed, false);
});

test("requests sent ahead are answered in order, one at a time", async (t) => {
  let now = 0;
  let most = 0;
  const slow: HttpRoute = {
    path: "/slow/",
    async handle({ path }) {
      most = Math.max(most, ++now);
      for (let i = 0; i < 3; i++) await new Promise((next) => setImmediate(next));
      now--;
      return { status: 200, body: path };
    },
  };
  const { say } = await served(t, {}, [slow]);
  const ahead = ["/slow/1", "/nowhere", "/slow/2", "/page", "/slow/3"];
  const text = await say(
    `${ahead.map((one) => `GET ${one} HTTP/1.1\r\n\r\n`).join("")}GET /v1/messages/json HTTP/1.1\r\n\r\n`,
  ).end();
  const answers = text
    .split(/(?=HTTP\/1\.1 )/)
    .map((one) => one.replace(/\r\n[\s\S]*\r\n\r\n/, " "));
  assert.deepEqual(answers, [
    "HTTP/1.1 200 OK /slow/1",
    "HTTP/1.1 404 Not Found there is nothing here\n",
    "HTTP/1.1 200 OK /slow/2",
    "HTTP/1.1 200 OK a page\n",
    "HTTP/1.1 200 OK /slow/3",
    "HTTP/1.1 400 Bad Request only WebSockets are served here\n",
  ]);
  assert.equal(most, 1);
});

test("who sends thousands of requests ahead, or a WebSocket's among them, is closed", async (t) => {
  let calls = 0;
  let answer: () => void = () => {};
  const stuck: HttpRoute = {
    path: "/stuck",
    handle: () => {
      calls++;
      return new Promise((resolve) => {
        answer = () => resolve({ status: 200 });
      });
    },
  };
  const { say } = await served(t, {}, [stuck]);
  const request = "GET /stuck HTTP/1.1\r\n\r\n";
  assert.equal(await say(request.repeat(5000)).end(), "");
  assert.ok(calls <= 1, `${calls} calls`);
  assert.equal(await say(request + upgradeRequest()).end(), "");
  answer(); // To nobody.
  assert.match(await say(LAST).end(), /a page\n$/);
});

test("who does not take its answer is closed, and holds up nobody meanwhile", async (t) => {
  const large = fixed("/large", { status: 200, body: Buffer.alloc(32 << 20, "x") });
  let asked = 0;
  const never: HttpRoute = {
    path: "/never",
    handle: () => {
      asked++;
      return new Promise(() => {});
    },
  };
  const { say } = await served(t, { limits: { answerTime: 1000 } }, [large, never]);
  const stalled = Array.from({ length: 5 }, () => {
    const client = say("GET /large HTTP/1.1\r\n\r\n");
    client.socket.pause();
    return client;
  });
  const waiting = say("GET /never HTTP/1.1\r\n\r\n");
  await until("its request", () => asked === 1);
  await until("an answer in time", async () => /a page\n$/.test(await say(LAST).end()));
  await waiting.end();
  for (const { socket } of stalled) socket.resume();
  for (const client of stalled) {
    const bytes = Buffer.byteLength(await client.end(), "latin1");
    assert.ok(bytes < 32 << 20, `${bytes} bytes`);
  }
});

test("a route that fails is answered with 500, and the next is not hurt", async (t) => {
  const thrown: HttpRoute = {
    path: "/thrown",
    handle: () => {
      throw new Error("a secret");
    },
  };
  const rejected: HttpRoute = { path: "/rejected", handle: () => Promise.reject(new Error("x")) };
  const odd = fixed("/odd", { status: 200, headers: { "X-Odd": "a\r\nb" } });
  const { say } = await served(t, {}, [thrown, rejected, odd]);
  for (const name of ["thrown", "rejected"]) {
    const answer = await say(LAST.replace("page", name)).end();
    assert.match(answer, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(answer, /secret/);
  }
  assert.equal(await say(LAST.replace("page", "odd")).end(), "");
  assert.match(await say(LAST).end(), /a page\n$/);
});

test("answers without a body say no length, and bytes stay as they are", async (t) => {
  const same = fixed("/same", { status: 304, headers: { ETag: '"1"' } });
  const bytes = fixed("/bytes", { status: 200, body: new Uint8Array([0, 255, 10]) });
  const { say } = await served(t, {}, [same, bytes]);
  const unchanged = await say(LAST.replace("page", "same")).end();
  assert.match(unchanged, /^HTTP\/1\.1 304 Not Modified\r\n/);
  assert.doesNotMatch(unchanged, /Content-Length/i);
  assert.match(await say(LAST.replace("page", "bytes")).end(), /\r\n\r\n\0\xff\n$/);
});

test("garbage, in whatever pieces and mutations, is answered with a status or closed", async (t) => {
  const { say } = await served(t, { limits: { upgradeTime: 400 } });
  const seeds = [GET, LAST, GET + GET, LAST.replace("GET", "HEAD"), upgradeRequest()];
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const clients = Array.from({ length: 60 }, () => {
    const bytes = Buffer.from(seeds[random(seeds.length)]!);
    for (let i = random(6); i >= 0; i--) bytes[random(bytes.length)] = random(256);
    const cut = random(bytes.length);
    const client = say(bytes.subarray(0, cut).toString("latin1"));
    client.write(bytes.subarray(cut));
    return client;
  });
  for (const client of clients) {
    await until("an end, or a WebSocket", () => client.isClosed || client.text.includes(" 101 "));
    if (client.text !== "") assert.match(client.text, /^HTTP\/1\.1 (101|200|400|403|404|405|431) /);
  }
  await until("an answer in time", async () => /a page\n$/.test(await say(LAST).end()));
});
