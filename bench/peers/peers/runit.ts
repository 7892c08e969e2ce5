/** runit: a directory of services, each with its logger, run by runsvdir as Debian does. */
import fs from "node:fs";
import path from "node:path";
import { absent, debianVersion, startIn, writeProgram } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program } from "../peer.ts";

export const runit = runitWith("runit", true);
export const runitWithoutLoggers = runitWith("runit, no loggers", false);

function runitWith(name: string, hasLoggers: boolean): Peer {
  return {
    name,
    missing: () =>
      absent("runsvdir", "svlogd").length === 0
        ? undefined
        : "runit is not installed: apt-get install runit",
    version: () => debianVersion("runit"),
    plant: (programs, place) => plant(programs, place, hasLoggers),
  };
}

function plant(programs: readonly Program[], place: Place, hasLoggers: boolean): Planted {
  const { directory, env } = place;
  const services = path.join(directory, "services");
  const output = (name: string) => path.join(directory, "output", name);
  for (const { name, command } of programs) {
    const service = path.join(services, name);
    writeProgram(path.join(service, "run"), "exec 2>&1", `exec ${command.join(" ")}`);
    if (!hasLoggers) continue;
    writeProgram(path.join(service, "log", "run"), `exec svlogd ${output(name)}`);
    fs.mkdirSync(output(name), { recursive: true });
    // No file is rotated while it is measured.
    fs.writeFileSync(path.join(output(name), "config"), "s0\n");
  }
  return {
    output: (name) =>
      hasLoggers ? path.join(output(name), "current") : path.join(directory, "console.log"),
    prefix: () => 0,
    start() {
      const command = ["runsvdir", "-P", services];
      const { pid } = startIn(command, { directory, env, log: "console.log" });
      return {
        root: () => pid,
        settled: Promise.resolve(),
        // It tells its runsv processes to end, which end their services.
        end: () => kill(pid, "SIGHUP"),
        // `sv down` also waits for seven seconds.
        stopProgram: (name) =>
          startIn(["sv", "down", path.join(services, name)], { directory, env, log: "sv.log" })
            .ended,
        statusCommand: (name) => ["sv", "status", path.join(services, name)],
      };
    },
  };
}
