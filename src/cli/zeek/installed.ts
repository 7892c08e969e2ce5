/** A node's start as it would be on this machine: asked of the Zeek that is installed. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { FileError, ZeekError } from "../../errors.ts";
import { errnoText, findExecutable } from "../../os/tools.ts";
import type { ZeekInstallations } from "../../os/zeek-installation.ts";
import { places as statePlaces } from "../../wire/stem-setup.ts";
import type { LaunchPlaces } from "../../zeek/launch.ts";
import { askingEnv } from "./find-zeek.ts";

export interface Surroundings {
  /** Absolute. */
  stateDirectory: string;
  /** Where relative names start: absolute. */
  here: string;
  env: Record<string, string | undefined>;
}

/**
 * What `zeekLaunch` needs, and the configuration as the Stem completes it.
 * @throws ZeekError, FileError (rejections)
 */
export async function launchPlaces(
  config: NodeConfig,
  { stateDirectory, here, env }: Surroundings,
  installations: ZeekInstallations,
): Promise<{ config: NodeConfig; places: LaunchPlaces }> {
  const { name, zeek = {} } = config;
  const own = { COPPICE_NODE: path.join(stateDirectory, statePlaces.nodes, `${name}.json`) };
  const executable = locate(config, config.env?.["PATH"] ?? env["PATH"], here);
  const asked = askingEnv({ ...env, ...config.env });
  const { version, zeekPath } = await installations.of(executable, asked).catch((error: Error) => {
    throw new ZeekError(`node '${name}': ${error.message}`);
  });
  const layout = zeek.layout === undefined ? undefined : layoutIn(zeek.layout, here);
  return {
    config: { ...config, env: { ...config.env, ...own }, zeek: { ...zeek, executable } },
    places: {
      executable,
      version,
      zeekPath,
      bareMode: false,
      ignoreChecksums: false,
      base: here,
      inherited: env,
      generated: path.join(stateDirectory, "zeek", name),
      ...(layout === undefined ? {} : { layout }),
    },
  };
}

function locate({ name, zeek }: NodeConfig, search: string | undefined, here: string): string {
  const { executable = "zeek" } = zeek ?? {};
  const found = findExecutable(executable, search, here);
  if ("file" in found) return found.file;
  throw new ZeekError(`node '${name}': cannot execute ${executable}: ${found.problem}`);
}

function layoutIn(name: string, here: string): string {
  const file = path.resolve(here, name);
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new FileError(`cannot read the layout ${file}: ${reason}`);
  }
}
