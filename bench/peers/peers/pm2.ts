/** pm2 in fork mode, with a home of its own. */
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { installPm2, nodeFor } from "../cache.ts";
import { startIn } from "../command.ts";
import type { Peer, Place, Planted, Program, Running } from "../peer.ts";

let folder: string | undefined;

export const pm2: Peer = {
  name: "pm2",
  missing() {
    try {
      folder ??= installPm2();
      return undefined;
    } catch (error) {
      const text = (error as Error).message.split("\n").filter(Boolean).slice(0, 2).join(": ");
      return `pm2 could not be installed (${text}): npm ci --prefix bench/peers/pm2 shows why`;
    }
  },
  version() {
    const text = fs.readFileSync(path.join(folder ?? "", "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
  },
  plant,
};

function plant(programs: readonly Program[], place: Place): Planted {
  const { directory } = place;
  const output = (name: string) => path.join(directory, "output", `${name}.log`);
  fs.mkdirSync(path.join(directory, "output"));
  const apps = programs.map(({ name, command: [script, ...args] }) => ({
    name,
    script,
    args,
    interpreter: "none",
    exec_mode: "fork",
    cwd: directory,
    out_file: output(name),
    error_file: output(name),
    // It would look for a git repository around each program.
    vizion: false,
  }));
  const file = path.join(directory, "ecosystem.json");
  fs.writeFileSync(file, JSON.stringify({ apps }));
  const home = path.join(directory, "pm2");
  // No banner, and no look at what is new.
  const env = { ...place.env, PM2_HOME: home, PM2_DISCRETE_MODE: "true" };
  return { output, prefix: () => 0, start: () => start(file, home, { directory, env }) };
}

function start(file: string, home: string, { directory, env }: Place): Running {
  const command = [nodeFor("pm2"), path.join(folder ?? "", "bin", "pm2")];
  const run = (...args: readonly string[]) =>
    startIn([...command, ...args], { directory, env, log: "console.log" }).ended;
  return {
    root() {
      const pidFile = path.join(home, "pm2.pid");
      return fs.existsSync(pidFile)
        ? Number(fs.readFileSync(pidFile, "utf8")) || undefined
        : undefined;
    },
    settled: run("start", file),
    end: () => void run("kill"),
    stopProgram: (name) => run("stop", name),
    statusCommand: (name) => [...command, "describe", name],
    requests: (name, ms) => requests(name, ms, { directory, env }),
  };
}

/** By pm2's own client, which keeps its connection. */
async function requests(name: string, ms: number, { directory, env }: Place): Promise<number> {
  const source = `const pm2 = require(${JSON.stringify(folder)});
    const describe = () => new Promise((done, failed) =>
      pm2.describe(${JSON.stringify(name)}, (error, found) =>
        found?.length === 1 ? done() : failed(error ?? new Error("unknown"))));
    pm2.connect(async (error) => {
      if (error) throw error;
      const begun = performance.now();
      let answered = 0;
      const ask = async () => {
        for (; performance.now() - begun < ${ms}; answered++) await describe();
      };
      await Promise.all(Array.from({ length: 16 }, ask));
      console.log("rate " + (answered * 1000) / (performance.now() - begun));
      process.exit();
    });`;
  const options = { cwd: directory, env };
  const { stdout } = await promisify(execFile)(nodeFor("pm2"), ["-e", source], options);
  return Number(/^rate (.*)$/m.exec(stdout)?.[1]);
}
