/** Looks from outside at what accepts connections. */
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import { accepts } from "../../src/os/probe.ts";
import { shortPath } from "../../src/os/socket-path.ts";
import { atEnd, temporaryDirectory } from "../fixtures/tree.ts";

test("a Unix socket accepts however deep its directory lies, and nothing stays open for the look", async (t) => {
  const deep = path.join(temporaryDirectory(t), "d".repeat(120));
  fs.mkdirSync(deep);
  const { signal } = new AbortController();
  const descriptors = () => fs.readdirSync("/proc/self/fd").length;
  const before = descriptors();
  assert.equal(await accepts({ path: "./a.sock" }, deep, signal), false);
  assert.equal(await accepts({ path: "nowhere/a.sock" }, deep, signal), false);
  assert.equal(await accepts({ host: "a\0b", port: 1 }, deep, signal), false);
  assert.equal(descriptors(), before);
  const server = net.createServer((socket) => socket.destroy());
  const short = shortPath(path.join(deep, "a.sock"));
  atEnd(t, () => {
    server.close();
    short.release();
  });
  server.listen(short.path);
  await once(server, "listening");
  assert.equal(await accepts({ path: "./a.sock" }, deep, signal), true);
});
