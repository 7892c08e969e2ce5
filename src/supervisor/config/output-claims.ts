/** A file that is rotated has one node that writes to it: another's lines would be moved with it. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { oldFile } from "../../core/output-file.ts";

interface Claim {
  directory: string;
  base: string;
  isRotated: boolean;
}

/**
 * Says which other node has the file, or an old one of it, that this one's output is to go to.
 * @param others the configurations of the other nodes
 */
export function outputClash(
  config: NodeConfig,
  others: () => Iterable<NodeConfig>,
): string | undefined {
  const own = claimsOf(config);
  if (own.length === 0) return undefined;
  for (const other of others()) {
    for (const theirs of claimsOf(other)) {
      const mine = own.find((claim) => isOf(claim, theirs) || isOf(theirs, claim));
      if (mine === undefined) continue;
      const file = path.join(mine.directory, mine.base);
      return `node '${config.name}': its output would mix with that of node '${other.name}' in ${file}: choose another file`;
    }
  }
  return undefined;
}

function claimsOf({ directory, output, stdoutFile, stderrFile }: NodeConfig): Claim[] {
  const claim = (file: string | undefined, isRotated: boolean): Claim[] => {
    if (file === undefined) return [];
    const place = path.resolve(directory ?? ".", file);
    const { dir, base } = path.parse(place);
    return [{ directory: real(dir), base, isRotated }];
  };
  return [...claim(output?.file, true), ...claim(stdoutFile, false), ...claim(stderrFile, false)];
}

/** Whether a file is one that is rotated, or may be moved to its place. */
function isOf(file: Claim, rotated: Claim): boolean {
  if (!rotated.isRotated || file.directory !== rotated.directory) return false;
  return file.base === rotated.base || oldFile(rotated.base, file.base) !== undefined;
}

/** One directory may have several names. */
function real(directory: string): string {
  try {
    return fs.realpathSync(directory);
  } catch {
    return directory;
  }
}
