/** supervisord, as its documentation's examples have it. */
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { absent, debianVersion, startIn } from "../command.ts";
import { kill } from "../family.ts";
import type { Peer, Place, Planted, Program, Running } from "../peer.ts";
import { requestRate } from "../rate.ts";

export const supervisord: Peer = {
  name: "supervisord",
  missing: () =>
    absent("supervisord", "supervisorctl").length === 0
      ? undefined
      : "supervisord is not installed: apt-get install supervisor",
  version: () => debianVersion("supervisor"),
  plant,
};

/** As much as fits: no file is rotated while it is measured, by anyone. */
const MAX_BYTES = "1GB";

function plant(programs: readonly Program[], place: Place): Planted {
  const { directory } = place;
  const config = path.join(directory, "supervisord.conf");
  const socket = path.join(directory, "supervisor.sock");
  const output = (name: string) => path.join(directory, "output", `${name}.log`);
  fs.mkdirSync(path.join(directory, "output"));
  const sections = programs.map(({ name, command }) =>
    [
      `[program:${name}]`,
      `command=${command.join(" ")}`,
      "autorestart=true",
      "redirect_stderr=true",
      `stdout_logfile=${output(name)}`,
      `stdout_logfile_maxbytes=${MAX_BYTES}`,
      "",
    ].join("\n"),
  );
  const general = `[unix_http_server]
file=${socket}

[supervisord]
nodaemon=true
user=${process.getuid?.() === 0 ? "root" : process.env["USER"]}
logfile=${directory}/supervisord.log
pidfile=${directory}/supervisord.pid
childlogdir=${directory}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://${socket}

`;
  fs.writeFileSync(config, general + sections.join("\n"));
  return {
    output,
    prefix: () => 0,
    start: () => start(config, socket, place),
  };
}

function start(config: string, socket: string, { directory, env }: Place): Running {
  const started = startIn(["supervisord", "-c", config], { directory, env, log: "console.log" });
  const ctl = (...args: readonly string[]) => ["supervisorctl", "-c", config, ...args];
  return {
    root: () => started.pid,
    settled: Promise.resolve(),
    end: () => kill(started.pid, "SIGTERM"),
    stopProgram: (name) =>
      startIn(ctl("stop", name), { directory, env, log: "supervisorctl.log" }).ended,
    statusCommand: (name) => ctl("status", name),
    requests: (name, ms) => requests(socket, name, ms),
  };
}

/** XML-RPC over its Unix socket, by connections that are kept. */
async function requests(socketPath: string, name: string, ms: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true });
  const body = `<?xml version="1.0"?><methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value><string>${name}</string></value></param></params></methodCall>`;
  const headers = { "Content-Type": "text/xml", "Content-Length": Buffer.byteLength(body) };
  const request = () =>
    new Promise<void>((answered, failed) => {
      const options = { socketPath, path: "/RPC2", method: "POST", agent, headers };
      const sent = http.request(options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => {
          if (text.includes("RUNNING")) answered();
          else failed(new Error(`supervisord answered: ${text.slice(0, 200)}`));
        });
      });
      sent.once("error", failed);
      sent.end(body);
    });
  try {
    return await requestRate(request, ms);
  } finally {
    agent.destroy();
  }
}
