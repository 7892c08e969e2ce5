/** Commands that are run for their effect or for what they print. */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

export interface Started {
  pid: number;
  ended: Promise<void>;
}

/** Starts a command in a session of its own, with its output in a file. */
export function startIn(
  command: readonly string[],
  { directory, env, log }: { directory: string; env: NodeJS.ProcessEnv; log: string },
): Started {
  const [file = "", ...args] = command;
  const output = fs.openSync(path.join(directory, log), "a");
  const child = spawn(file, args, {
    cwd: directory,
    env,
    detached: true,
    stdio: ["ignore", output, output],
  });
  fs.closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return { pid: child.pid ?? 0, ended };
}

/** Which of these programs are not on the PATH. */
export function absent(...files: readonly string[]): string[] {
  const folders = (process.env["PATH"] ?? "").split(":");
  return files.filter((file) => !folders.some((folder) => fs.existsSync(path.join(folder, file))));
}

/** The version of a Debian package that is installed, or "unknown version". */
export function debianVersion(name: string): string {
  try {
    const args = ["-W", "-f", "$" + "{Version}", name];
    return execFileSync("dpkg-query", args, { stdio: ["ignore", "pipe", "ignore"] }).toString();
  } catch {
    return "unknown version";
  }
}

export function writeProgram(file: string, ...lines: readonly string[]): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
}
