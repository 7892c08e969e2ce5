/** The console's page over plain HTTP: who gets it, with which rules for the browser, and what else. */
import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { coppice } from "../cli/process.ts";
import { freePort } from "../fixtures/ports.ts";
import { canConnect } from "../fixtures/remote.ts";
import { plant, until } from "../fixtures/tree.ts";

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** As `fetch` cannot: with any path and Host. */
function get(port: number, path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.once("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body }),
      );
    });
    request.once("error", reject);
  });
}

test("the page and its parts are for everybody who can connect, what they show is not", async (t) => {
  const port = await freePort();
  const tree = plant(t, "", {
    options: ["-j", "--websocket", String(port), "--token-file", "token"],
    files: { token: "let-me-in\n" },
  });
  await until(
    "a listener",
    () => canConnect(port),
    () => tree.report(),
  );
  const page = await get(port, "/");
  assert.equal(page.status, 200);
  assert.match(page.body, /<title>Coppice<\/title>/);
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; script-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
  assert.match(policy, /frame-ancestors 'none'.*require-trusted-types-for 'script'/);
  const parts = [...page.body.matchAll(/(?:src|href)="(app\/[^"]+)"/g)].map(
    ([, part]) => `/${part}`,
  );
  assert.ok(parts.length >= 6);
  const all = new Set(parts);
  for (const part of all) {
    const { status, headers, body } = await get(port, part);
    assert.equal(status, 200, part);
    assert.equal(headers["content-security-policy"], policy);
    for (const [, name = ""] of body.matchAll(/^(?:import|export)[^"]*"(\.[^"]+)"/gm))
      all.add(path.posix.join(path.posix.dirname(part), name));
  }
  const access = async (token?: string) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return (await get(port, "/app/access", headers)).body;
  };
  assert.deepEqual(
    [await access(), await access("wrong"), await access("let-me-in")],
    ['{"access":"nothing"}', '{"access":"nothing"}', '{"access":"control"}'],
  );

  const elsewhere = [
    "/nothing",
    "/index.html",
    "/app/",
    "/app/console/",
    "/app/console/none.js",
    "/app/supervisor/main.js",
    "/app/console/../supervisor/main.js",
    "/app/console/%2e%2e/supervisor/main.js",
    "/app/../package.json",
    "/app//etc/passwd",
    "/app/console/globals.d.ts",
  ];
  for (const other of elsewhere) assert.equal((await get(port, other)).status, 404, other);

  const tag = String(page.headers.etag);
  assert.equal((await get(port, "/", { "If-None-Match": tag })).status, 304);
  assert.equal((await get(port, "/", { Host: "elsewhere.example" })).status, 403);
  assert.equal((await get(port, "/", { Origin: "http://elsewhere.example" })).status, 403);

  const { code, stdout, stderr } = await coppice(t, tree.directory, "console");
  assert.deepEqual([code, stdout], [0, `http://127.0.0.1:${port}/\n`], stderr);
});
