/** The Zeek that a configuration file is for. */
import fs from "node:fs";
import path from "node:path";
import { ZeekError } from "../../errors.ts";
import { thisHost } from "../../os/host.ts";
import { findExecutable } from "../../os/tools.ts";
import type { ZeekInstallations } from "../../os/zeek-installation.ts";
import { zeekEnvironment } from "../../zeek/environment.ts";
import type { Installation } from "../../zeek/plan.ts";
import { versionText } from "../../zeek/version.ts";

export interface WhichZeek {
  zeek?: string;
  prefix?: string;
  /** The configuration file. */
  file: string;
  /** Where relative names start. */
  here: string;
  env: Record<string, string | undefined>;
}

/** @throws ZeekError (a rejection) */
export async function findZeek(
  which: WhichZeek,
  installations: ZeekInstallations,
): Promise<Installation> {
  const executable = executableOf(which);
  try {
    const { version, zeekPath, prefix } = await installations.of(executable, askingEnv(which.env));
    return {
      executable,
      version: versionText(version),
      prefix: which.prefix === undefined ? prefix : path.resolve(which.here, which.prefix),
      zeekPath,
      ...thisHost(),
    };
  } catch (error) {
    throw new ZeekError((error as Error).message);
  }
}

/** What a Zeek is asked with: nothing in it may make it a node. */
export function askingEnv(env: Record<string, string | undefined>): Record<string, string> {
  const { ZEEKPATH: _path, ...plain } = zeekEnvironment(
    { name: "zeek" },
    { inherited: env, generated: "/", zeekPath: [], base: "/" },
  );
  return plain;
}

function executableOf({ zeek, prefix, file, here, env }: WhichZeek): string {
  if (zeek !== undefined) return existing(zeek, env["PATH"], here, "--zeek");
  if (prefix !== undefined) return existing(path.join(prefix, ZEEK), "", here, "--prefix");
  const own = prefixAround(path.resolve(here, file));
  if (own !== undefined) return path.join(own, ZEEK);
  const found = findExecutable("zeek", env["PATH"], here);
  if ("file" in found) return found.file;
  throw new ZeekError(
    "there is no zeek on the search path: install it, or say where it is with --zeek or --prefix",
  );
}

function existing(name: string, search: string | undefined, here: string, option: string): string {
  // `join` has no "./" before a relative name, and a bare one would be looked for along PATH.
  const word = option === "--prefix" ? path.resolve(here, name) : name;
  const found = findExecutable(word, search, here);
  if ("file" in found) return found.file;
  throw new ZeekError(`cannot execute ${word} (${option}): ${found.problem}`);
}

/** PREFIX, of a file in PREFIX/etc or a directory below that, if a Zeek is installed there. */
function prefixAround(file: string): string | undefined {
  for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) {
    if (path.basename(at) !== "etc") continue;
    const prefix = path.dirname(at);
    // Every system has /etc, and that says nothing.
    return prefix !== "/" && fs.existsSync(path.join(prefix, ZEEK)) ? prefix : undefined;
  }
  return undefined;
}

const ZEEK = "bin/zeek";
