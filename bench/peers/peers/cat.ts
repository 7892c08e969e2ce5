/** Each program's output through `cat` into a file: the limit of what can be passed on. */
import fs from "node:fs";
import path from "node:path";
import { startIn, writeProgram } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program } from "../peer.ts";

export const cat: Peer = {
  name: "cat",
  missing: () => undefined,
  version: () => "",
  plant,
};

function plant(programs: readonly Program[], { directory, env }: Place): Planted {
  const output = (name: string) => path.join(directory, "output", `${name}.log`);
  fs.mkdirSync(path.join(directory, "output"));
  const all = path.join(directory, "all");
  const lines = programs.map(
    ({ name, command }) => `${command.join(" ")} | cat >> ${output(name)} &`,
  );
  writeProgram(all, ...lines, "wait");
  return {
    output,
    prefix: () => 0,
    start() {
      const { pid } = startIn([all], { directory, env, log: "console.log" });
      return {
        root: () => pid,
        settled: Promise.resolve(),
        // All of it is one group.
        end: () => kill(-pid, "SIGKILL"),
        stopProgram: () => Promise.resolve(),
        statusCommand: () => ["true"],
      };
    },
  };
}
