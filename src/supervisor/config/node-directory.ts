/** Makes the directory that a node works in, as Zeek's Supervisor does, parents included. */
import fs from "node:fs";
import type { NodeConfig } from "../../core/config.ts";
import { NodeConfigError } from "../../errors.ts";
import { makeDirectories } from "../../os/files.ts";
import { errnoText } from "../../os/tools.ts";
import { otherIdentity } from "./identity-check.ts";

/**
 * One that was there already stays whose it is; a new one is the node's user's.
 * @param config accepted; @throws NodeConfigError
 */
export function makeNodeDirectory(config: NodeConfig): void {
  const { directory } = config;
  if (directory === undefined) return;
  try {
    makeOwnDirectory(directory, config);
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new NodeConfigError(`failed to create working directory ${directory}: ${reason}`);
  }
}

/** A directory for whoever a node is. @throws the system's error */
export function makeOwnDirectory(directory: string, config: NodeConfig): void {
  const isNew = !fs.existsSync(directory);
  makeDirectories(directory);
  if (isNew) giveTo(directory, config);
}

/** Not by its name: whoever may write above it could have put a link to something else there. */
function giveTo(directory: string, config: NodeConfig): void {
  const owner = otherIdentity(config);
  if (owner === undefined) return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fs.fchownSync(fd, owner.uid, owner.gid);
  } finally {
    fs.closeSync(fd);
  }
}
