/** s6: a scan directory with a service directory for each program, and a logger for each. */
import fs from "node:fs";
import path from "node:path";
import { absent, debianVersion, startIn, writeProgram } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program } from "../peer.ts";

export const s6 = s6With("s6", true);
export const s6WithoutLoggers = s6With("s6, no loggers", false);

/** The largest that s6-log takes: no file is rotated early while it is measured. */
const MAX_BYTES = 268_435_455;

function s6With(name: string, hasLoggers: boolean): Peer {
  return {
    name,
    missing: () =>
      absent("s6-svscan", "s6-log").length === 0
        ? undefined
        : "s6 is not installed: apt-get install s6",
    version: () => debianVersion("s6"),
    plant: (programs, place) => plant(programs, place, hasLoggers),
  };
}

function plant(programs: readonly Program[], place: Place, hasLoggers: boolean): Planted {
  const { directory, env } = place;
  const services = path.join(directory, "services");
  const output = (name: string) => path.join(directory, "output", name);
  fs.mkdirSync(path.join(directory, "output"));
  for (const { name, command } of programs) {
    const service = path.join(services, name);
    writeProgram(path.join(service, "run"), "exec 2>&1", `exec ${command.join(" ")}`);
    const log = `exec s6-log n20 s${MAX_BYTES} ${output(name)}`;
    if (hasLoggers) writeProgram(path.join(service, "log", "run"), log);
  }
  const most = String(programs.length * 2 + 10);
  return {
    output: (name) =>
      hasLoggers ? path.join(output(name), "current") : path.join(directory, "console.log"),
    prefix: () => 0,
    start() {
      const command = ["s6-svscan", "-c", most, services];
      const { pid } = startIn(command, { directory, env, log: "console.log" });
      return {
        root: () => pid,
        settled: Promise.resolve(),
        end: () => kill(pid, "SIGTERM"),
        stopProgram: (name) =>
          startIn(["s6-svc", "-d", path.join(services, name)], { directory, env, log: "svc.log" })
            .ended,
        statusCommand: (name) => ["s6-svstat", path.join(services, name)],
      };
    },
  };
}
