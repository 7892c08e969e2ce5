/** Coppice as it is published and started by its users, with its defaults. */
import fs from "node:fs";
import path from "node:path";
import { callers } from "../../callers.ts";
import { installCoppice, nodeFor } from "../cache.ts";
import { startIn } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program, Running } from "../peer.ts";
import { requestRate } from "../rate.ts";

/** What nodes print goes through the Supervisor to its stdout, which is a file. */
export const coppice = coppiceWith("coppice", false);
/** What each node prints goes to a file of its own, as with the others. */
export const coppiceWithFiles = coppiceWith("coppice, a file each", true);

const PREFIX = "[supervisor:STDOUT] [] ";
let installed: string | undefined;

function coppiceWith(name: string, hasFiles: boolean): Peer {
  return {
    name,
    missing: () => undefined,
    version() {
      const file = path.join(import.meta.dirname, "..", "..", "..", "package.json");
      return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
    },
    plant: (programs, place) => plant(programs, place, hasFiles),
  };
}

function plant(programs: readonly Program[], place: Place, hasFiles: boolean): Planted {
  const { directory } = place;
  const output = (name: string) => path.join(directory, "output", `${name}.log`);
  const configs = programs.map(({ name, command }) => ({
    name,
    command,
    ...(hasFiles ? { output: { file: output(name), maxSize: "100G" } } : {}),
  }));
  fs.mkdirSync(path.join(directory, "output"));
  fs.writeFileSync(path.join(directory, "package.json"), '{ "type": "module" }');
  fs.writeFileSync(path.join(directory, "nodes.json"), JSON.stringify(configs));
  fs.writeFileSync(path.join(directory, "tree.js"), SCRIPT);
  return {
    output: (name) => (hasFiles ? output(name) : path.join(directory, CONSOLE)),
    prefix: (name) => (hasFiles ? 0 : PREFIX.length + name.length),
    start: () => start(place),
  };
}

const CONSOLE = "output/console.log";

const SCRIPT = `import { on, supervisor } from "coppice";
import fs from "node:fs";
on("init", async () => {
  const nodes = JSON.parse(fs.readFileSync("nodes.json", "utf8"));
  fs.writeFileSync("creation", String(performance.timeOrigin + performance.now()));
  await Promise.all(nodes.map((node) => supervisor.create(node)));
});
`;

function start({ directory, env }: Place): Running {
  installed ??= installCoppice();
  const bin = path.dirname(nodeFor("coppice"));
  const own = { ...env, PATH: `${bin}:${env["PATH"]}` };
  const place = { directory, env: own };
  const started = startIn([installed, "-j", "tree.js"], { ...place, log: CONSOLE });
  const command = [installed];
  return {
    root: () => started.pid,
    creation: () => Number(fs.readFileSync(path.join(directory, "creation"), "utf8")),
    settled: Promise.resolve(),
    end: () => kill(started.pid, "SIGTERM"),
    stopProgram: (name) =>
      startIn([...command, "stop", name], { ...place, log: "verbs.log" }).ended,
    statusCommand: (name) => ["env", `PATH=${own.PATH}`, ...command, "status", name],
    requests: (name, ms) => requests(directory, name, ms),
  };
}

/** Over its Unix socket. */
async function requests(directory: string, _name: string, ms: number): Promise<number> {
  const caller = await callers.supervisor(directory, "unix");
  try {
    return await requestRate(() => new Promise<void>((done) => caller.call(done)), ms);
  } finally {
    caller.close();
  }
}
