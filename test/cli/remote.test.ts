/** Which Supervisor is meant, and how it is reached. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { NoSupervisorError } from "../../src/errors.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice } from "./fake.ts";

const pem = (name: string) => `-----BEGIN ${name}`;
const PLACE = { application: "coppice-stop", client: "me" };

test("the state directory's socket, or any other address", async () => {
  const urlOf = async (...argv: string[]) => (await coppice(["stop", ...argv])).connected[0]?.[0];
  assert.equal(await urlOf(), "unix:/home/me/.coppice/control.sock");
  assert.equal(await urlOf("--state-dir", "there"), "unix:/home/me/there/control.sock");
  assert.equal(await urlOf("--state-dir", "/there"), "unix:/there/control.sock");
  assert.equal(await urlOf("--connect", "unix:x.sock"), "unix:/home/me/x.sock");
  for (const url of ["ws://localhost:9997", "wss://host:1/p", "tcp://127.0.0.1:9999"])
    assert.equal(await urlOf("--connect", url), url);
});

test("what cannot be meant is a usage error", async () => {
  for (const [text, error] of [
    ["--connect localhost:9997", /^error: --connect is unix:PATH, .* not 'localhost:9997'; see/],
    ["--connect http://x", /not 'http:\/\/x'/],
    ["--connect ws:x", /not 'ws:x'/],
    ["--connect unix:", /not 'unix:'/],
    ["--connect ws://x --state-dir y", /either --state-dir or --connect/],
    ["--connect tcp://x --no-tls --tls-ca y", /either --no-tls or --tls-ca/],
    ["--no-tls", /--no-tls is for tcp/],
    ["--connect ws://x --tls-ca y", /--tls-ca is for wss/],
    ["--connect wss://x --tls-cert y", /--tls-cert and --tls-key go together/],
    ["--connect tcp://x --tls-ca y", /tcp:\/\/ needs all of/],
  ] as const) {
    const { status, stderr, connected } = await coppice(["stop", ...text.split(" ")]);
    assert.equal(status, 2, text);
    assert.match(stderr, error);
    assert.equal(connected.length, 0);
  }
});

test("tokens and certificates are read from files", async (t) => {
  const directory = temporaryDirectory(t);
  const write = (name: string, text: string) => fs.writeFileSync(path.join(directory, name), text);
  write("token", " secret \nmore\n");
  write("other", "other");
  write("empty", "\nx");
  for (const name of ["ca", "cert", "key"]) write(name, pem(name));
  const optionsOf = async (text: string, env: Record<string, string> = {}) =>
    (await coppice(["stop", ...text.split(" ")], { directory, env })).connected[0]?.[1];
  assert.deepEqual(await optionsOf("--connect ws://x"), PLACE);
  const token = await optionsOf("--connect ws://x --token-file token", {
    COPPICE_TOKEN_FILE: "other",
  });
  assert.deepEqual(token, { ...PLACE, token: "secret" });
  const inherited = { COPPICE_TOKEN_FILE: "other" };
  assert.deepEqual(await optionsOf("--connect wss://x", inherited), { ...PLACE, token: "other" });
  assert.deepEqual(await optionsOf("--state-dir x", inherited), PLACE);
  assert.deepEqual(await optionsOf("--connect tcp://x --no-tls"), { ...PLACE, tls: false });
  assert.deepEqual(await optionsOf("--connect tcp://x --tls-ca ca --tls-cert cert --tls-key key"), {
    ...PLACE,
    tls: { ca: pem("ca"), cert: pem("cert"), key: pem("key") },
  });
  assert.deepEqual(await optionsOf("--connect wss://x --tls-ca ca"), {
    ...PLACE,
    tls: { ca: pem("ca") },
  });
  for (const [text, error] of [
    [
      "--connect ws://x --token-file none",
      `cannot read the token ${directory}/none: No such file or directory`,
    ],
    [
      "--connect ws://x --token-file empty",
      `the first line of ${directory}/empty is empty, and no token`,
    ],
    [
      "--connect wss://x --tls-ca none",
      `cannot read --tls-ca ${directory}/none: No such file or directory`,
    ],
    ["--connect wss://x --tls-ca token", `--tls-ca ${directory}/token is no PEM file`],
  ] as const) {
    const { status, stderr } = await coppice(["stop", ...text.split(" ")], { directory });
    assert.deepEqual([status, stderr], [1, `error: ${error}\n`]);
  }
});

test("no Supervisor there: exit status 69, and what to do", async () => {
  const failing = (reason: string) => async (url: string) => {
    throw new NoSupervisorError(`no Supervisor answers at ${url}: ${reason}`);
  };
  const stop = (reason: string, ...argv: string[]) =>
    coppice(["stop", ...argv], { connect: failing(reason) });
  for (const reason of ["no such socket", "connection refused: nothing listens there"]) {
    const { status, stderr } = await stop(reason);
    assert.equal(status, 69);
    assert.equal(
      stderr,
      "error: no Supervisor runs in /home/me/.coppice: start one with coppice -j, or choose with --state-dir or --connect\n",
    );
  }
  const forbidden = await stop("permission denied");
  assert.match(forbidden.stderr, /: permission denied\n$/);
  const far = await stop("no such host", "--connect", "ws://far:1");
  assert.deepEqual(
    [far.status, far.stderr],
    [69, "error: no Supervisor answers at ws://far:1: no such host\n"],
  );
});
