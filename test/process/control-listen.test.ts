/** Where a Supervisor can be reached, by whom, and where not. */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../fixtures/ports.ts";
import {
  canConnect,
  client,
  controlSocket,
  firstClient,
  LOCAL_TLS,
  listening,
  unixClient,
} from "../fixtures/remote.ts";
import { atEnd, plant, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";
import { unixUrl, zeekClient } from "../fixtures/zeek-client.ts";

const EMPTY = { "tree.mjs": "", token: "let-me-in\n", read: "let-me-look\n" };
const HERE = "127.0.0.1";

/** Starts a tree with these options, all on one line. */
function start(t: TestContext, options: string, files: Record<string, string> = {}): TestTree {
  return plant(t, "", {
    options: ["-j", ...options.split(" ").filter(Boolean)],
    files: { ...EMPTY, ...files },
  });
}

async function isListening(tree: TestTree, port: number): Promise<void> {
  await until(
    `a listener on ${port}`,
    () => canConnect(port),
    () => tree.report(),
  );
}

test("the socket is for its user alone, and goes with the tree", async (t) => {
  const tree = plant(t, "");
  await listening(tree);
  const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);
  assert.deepEqual([mode(controlSocket(tree)), mode(tree.file(".coppice"))], ["600", "700"]);
  const { nodes } = await (await unixClient(t, tree)).status();
  assert.deepEqual(nodes, {});
  await tree.stop();
  assert.ok(!fs.existsSync(controlSocket(tree)));
});

test("the socket is for its user alone also where the directory is not", async (t) => {
  const directory = temporaryDirectory(t);
  fs.mkdirSync(path.join(directory, ".coppice"), { mode: 0o755 });
  const modes = new Set<number>();
  const watcher = fs.watch(path.join(directory, ".coppice"), () => {
    const stat = fs.statSync(path.join(directory, ".coppice/control.sock"), {
      throwIfNoEntry: false,
    });
    if (stat !== undefined) modes.add(stat.mode & 0o777);
  });
  atEnd(t, () => watcher.close());
  const tree = plant(t, "", { directory });
  await listening(tree);
  await until("its mode", () => modes.size > 0);
  assert.deepEqual([...modes], [0o600]);
});

test("a socket that was left over is replaced", async (t) => {
  const directory = temporaryDirectory(t);
  const first = plant(t, "", { directory });
  await listening(first);
  first.child.kill("SIGKILL");
  await first.ended;
  assert.ok(fs.existsSync(controlSocket(first)), "it could not tidy up");
  assert.equal(await canConnect(controlSocket(first)), false);
  const second = plant(t, "", { directory });
  await listening(second);
  assert.deepEqual((await (await unixClient(t, second)).status()).nodes, {});
});

test("a directory deeper than a socket's path may be is no obstacle", async (t) => {
  const directory = path.join(temporaryDirectory(t), "deep".repeat(20), "down".repeat(20));
  fs.mkdirSync(directory, { recursive: true });
  const tree = plant(t, "", { directory });
  assert.deepEqual((await (await firstClient(t, tree)).status()).nodes, {});
});

test("F.8: nothing listens on TCP unless asked to", async (t) => {
  const tree = plant(t, "");
  const stem = await tree.stem();
  await unixClient(t, tree);
  const before = (pid: number) => listeningSockets(pid);
  assert.deepEqual([before(tree.pid), before(stem)], [[], []]);
  const asked = start(t, `--listen ${await freePort()} --websocket ${HERE}:0`);
  await listening(asked);
  await until(
    "two listeners",
    () => listeningSockets(asked.pid).length === 2,
    () => asked.report(),
  );
  assert.ok(listeningSockets(asked.pid).every((address) => address.startsWith("0100007F:")));
});

for (const [forms, listen, websocket] of [
  ["PORT", (port: number) => `${port}`, (port: number) => `${port}`],
  ["ADDR:PORT", (port: number) => `127.0.0.1:${port}`, (port: number) => `localhost:${port}`],
] as const) {
  test(`--listen and --websocket take ${forms}`, async (t) => {
    const [native, web] = [await freePort(), await freePort()];
    const tree = start(t, `--listen ${listen(native)} --websocket ${websocket(web)}`);
    await isListening(tree, web);
    for (const url of [`tcp://${HERE}:${native}`, `ws://${HERE}:${web}`, `ws://localhost:${web}`]) {
      assert.deepEqual((await (await client(t, url)).status()).nodes, {}, url);
    }
  });
}

test("certificates serve both kinds of listeners, and only those with one get in", async (t) => {
  const [native, web] = [await freePort(), await freePort()];
  const tls = "--tls-cert local.pem --tls-key local.key --tls-ca local.pem";
  const { cert, key } = LOCAL_TLS;
  const files = { "local.pem": cert, "local.key": key };
  const tree = start(t, `--listen ${native} --websocket ${web} ${tls}`, files);
  await isListening(tree, web);
  for (const url of [`tcp://${HERE}:${native}`, `wss://${HERE}:${web}`]) {
    assert.ok((await client(t, url, { tls: LOCAL_TLS })).mayControl, url);
    const without = url.startsWith("wss") ? { tls: { ca: cert } } : {};
    await assert.rejects(client(t, url, { ...without, timeout: 5000 }), {
      code: "COPPICE_NO_SUPERVISOR",
    });
  }
});

/** What else is wrong in options the command line finds out: test/cli. */
const REFUSED: [options: string, status: number, message: RegExp][] = [
  ["--listen 0.0.0.0:0", 1, /^error: will not listen on 0\.0\.0\.0: everybody/],
  ["--websocket [::]:0", 1, /^error: will not listen on ::: everybody/],
  ["--listen 0.0.0.0:0 --websocket 0 --token-file token", 1, /will not listen on 0\.0\.0\.0/],
  ["--websocket 0.0.0.0:0 --tls-cert local.pem --tls-key local.key", 1, /will not listen/],
  ["--listen 1.2.3.4:0 --insecure", 1, /cannot listen on 1\.2\.3\.4:0: /],
  ["--listen nonsense", 2, /--listen needs \[ADDR:\]PORT, and not 'nonsense'/],
  ["--websocket 65536", 2, /--websocket needs/],
];

for (const [options, status, message] of REFUSED) {
  test(`F.8: refused with one line and nothing left: ${options}`, async (t) => {
    const { cert, key } = LOCAL_TLS;
    const tree = start(t, options, { "local.pem": cert, "local.key": key });
    assert.deepEqual(await tree.end(), { code: status, signal: null });
    assert.match(tree.stderr, message);
    assert.match(tree.stderr, /^error: [^\n]*\n$/, "one line");
    assert.equal(tree.stdout, "");
    assert.ok(!fs.existsSync(controlSocket(tree)));
  });
}

test("a port that is in use is told, and nothing is left running", async (t) => {
  const server = net.createServer().listen(0, HERE);
  atEnd(t, () => server.close());
  await until("the port", () => server.listening);
  const { port } = server.address() as net.AddressInfo;
  for (const option of ["--listen", "--websocket"]) {
    const tree = start(t, `${option} ${port}`);
    assert.deepEqual(await tree.end(), { code: 1, signal: null });
    assert.match(
      tree.stderr,
      new RegExp(`^error: cannot listen on 127\\.0\\.0\\.1:${port}: [^\\n]+\\n$`),
    );
  }
});

test("beyond this machine only with a token, certificates, or as insecure", async (t) => {
  const { cert, key } = LOCAL_TLS;
  const files = { "local.pem": cert, "local.key": key };
  for (const options of [
    "--websocket 0.0.0.0:0 --token-file token",
    "--listen 0.0.0.0:0 --insecure",
    "--listen 0.0.0.0:0 --tls-cert local.pem --tls-key local.key --tls-ca local.pem",
  ]) {
    const tree = start(t, options, files);
    const found = () =>
      listeningSockets(tree.pid).some((address) => address.startsWith("00000000:"));
    await until(`a listener with ${options}`, found, () => tree.report());
  }
});

test("A.3: whoever is connected while a tree ends is told 1001, over whatever", async (t) => {
  const port = await freePort();
  const tree = start(t, `--websocket ${port}`);
  await isListening(tree, port);
  const urls = [unixUrl(controlSocket(tree)), `ws://${HERE}:${port}/v1/messages/json`];
  const clients = await Promise.all(urls.map((url) => zeekClient(t, url)));
  tree.child.kill("SIGTERM");
  for (const { client: one } of clients) {
    assert.deepEqual(await one.end(), { code: 1001, reason: "Terminating" });
  }
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
});

/** What a process listens on, as /proc/net/tcp has it: hexadecimal, least byte first. */
function listeningSockets(pid: number): string[] {
  const own = new Set(
    fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((name) =>
    fs
      .readFileSync(`/proc/${pid}/net/${name}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === "0A" && own.has(inode ?? ""))
      .map(([, address = ""]) => address),
  );
}
