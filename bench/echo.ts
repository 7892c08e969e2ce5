/** A WebSocket server with nothing behind it: what the library and the system cost alone. */

import fs from "node:fs";
import path from "node:path";
import { spawnBare } from "./bare.ts";
import { temporaryDirectory } from "./tree.ts";
import { until } from "./until.ts";

export async function echoServer(): Promise<{ path: string; end(): Promise<void> }> {
  const socket = path.join(temporaryDirectory(), "echo.sock");
  const library = import.meta.resolve("ws");
  const bare = spawnBare([
    process.execPath,
    "--input-type=module",
    "-e",
    `import http from "node:http";
     import { WebSocketServer } from ${JSON.stringify(library)};
     const server = http.createServer();
     new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (ws) => {
       ws.on("message", (data) => ws.send(String(data)));
     });
     server.listen(${JSON.stringify(socket)});`,
  ]);
  await until("an echo", () => fs.existsSync(socket));
  return { path: socket, end: () => bare.kill() };
}
