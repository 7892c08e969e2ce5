/** What a Zeek that does not run would be started with: exactly, if its tree is on this machine. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { CoppiceError } from "../../errors.ts";
import { ZeekInstallations } from "../../os/zeek-installation.ts";
import { places as statePlaces } from "../../wire/stem-setup.ts";
import { zeekLaunch } from "../../zeek/launch.ts";
import { launchPlaces } from "./installed.ts";

/** What the tree has for all its nodes. */
interface HandedDown {
  directory: string;
  bareMode: boolean;
  ignoreChecksums: boolean;
}

/** @param stateDirectory of its tree; @returns undefined if it cannot be found out here */
export async function zeekWords(
  node: NodeConfig,
  stateDirectory: string,
  env: Record<string, string | undefined>,
): Promise<string[] | undefined> {
  const handedDown = read(path.join(stateDirectory, statePlaces.args));
  if (node.zeek === undefined || handedDown === undefined) return undefined;
  const { directory: here, bareMode, ignoreChecksums } = handedDown;
  try {
    const installations = new ZeekInstallations([]);
    const { config, places } = await launchPlaces(
      node,
      { stateDirectory, here, env },
      installations,
    );
    return zeekLaunch(config, { ...places, bareMode, ignoreChecksums }).command;
  } catch (error) {
    if (error instanceof CoppiceError) return undefined;
    throw error;
  }
}

function read(file: string): HandedDown | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as HandedDown;
  } catch {
    return undefined;
  }
}
