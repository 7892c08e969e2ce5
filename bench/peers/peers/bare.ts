/** A loop that starts the programs and does nothing else: the limit. */
import fs from "node:fs";
import path from "node:path";
import { nodeFor } from "../cache.ts";
import { startIn } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program } from "../peer.ts";

export const bare: Peer = {
  name: "bare spawn loop",
  missing: () => undefined,
  version: () => `Node.js ${process.versions.node}`,
  plant,
};

/** Each in a group of its own and with pipes that are read, as the Stem does; revives nothing. */
const LOOP = `import { spawn } from "node:child_process";
import fs from "node:fs";
const children = [];
fs.writeFileSync("creation", String(performance.timeOrigin + performance.now()));
for (const { command: [file, ...args] } of JSON.parse(fs.readFileSync("nodes.json", "utf8"))) {
  const child = spawn(file, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.resume();
  child.stderr.resume();
  children.push(child);
}
process.on("SIGTERM", () => {
  for (const { pid } of children) process.kill(-pid, "SIGTERM");
  let left = children.length;
  for (const child of children) child.once("exit", () => --left || process.exit());
});
`;

function plant(programs: readonly Program[], { directory, env }: Place): Planted {
  fs.writeFileSync(path.join(directory, "nodes.json"), JSON.stringify(programs));
  fs.writeFileSync(path.join(directory, "loop.mjs"), LOOP);
  return {
    output: () => "console.log",
    prefix: () => 0,
    start() {
      const command = [nodeFor("bare"), "loop.mjs"];
      const { pid } = startIn(command, { directory, env, log: "console.log" });
      return {
        root: () => pid,
        creation: () => Number(fs.readFileSync(path.join(directory, "creation"), "utf8")),
        settled: Promise.resolve(),
        end: () => kill(pid, "SIGTERM"),
        stopProgram: () => Promise.resolve(),
        statusCommand: () => ["true"],
      };
    },
  };
}
