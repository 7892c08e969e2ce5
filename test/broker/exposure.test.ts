import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopback, listenProblem } from "../../src/broker/exposure.ts";

const plain = { hasToken: false, hasClientCertificates: false, insecure: false };

test("F.8: what only this machine can reach may listen as it is", () => {
  for (const host of [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "localhost",
    "LOCALHOST",
    "::ffff:127.0.0.1",
  ]) {
    assert.equal(isLoopback(host), true, host);
    assert.equal(listenProblem({ ...plain, host }), undefined, host);
  }
});

test("F.8: what others can reach needs a token, client certificates, or consent", () => {
  for (const host of [
    "0.0.0.0",
    "::",
    "192.0.2.1",
    "fe80::1",
    "example.org",
    "",
    "127.0.0.1.example",
    "128.0.0.1",
  ]) {
    assert.equal(isLoopback(host), false, host);
    assert.match(
      listenProblem({ ...plain, host }) ?? "",
      /^will not listen on [^\n]*set a token [^\n]*\(--insecure\)$/,
      host,
    );
    for (const consent of ["hasToken", "hasClientCertificates", "insecure"]) {
      assert.equal(listenProblem({ ...plain, host, [consent]: true }), undefined);
    }
  }
});

test("F.8: a token is not advised where there is none", () => {
  const problem = listenProblem({ ...plain, host: "0.0.0.0", hasToken: undefined });
  assert.match(problem ?? "", /client certificates/);
  assert.doesNotMatch(problem ?? "", /token/);
});
