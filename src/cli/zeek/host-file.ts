/** `cluster/HOST.zeek.conf`: on that host Zeek 9.0 reads it, and not the zeek.conf beside `cluster`. */
import fs from "node:fs";
import path from "node:path";
import type { Installation, Problem } from "../../zeek/plan.ts";

/**
 * @param file the zeek.conf: absolute, or relative to `here`
 * @returns what is to be said of this host's, if there is one
 */
export function ownHostFile(
  file: string,
  here: string,
  { hostName }: Installation,
): Problem | undefined {
  const own = path.join(path.dirname(file), "cluster", `${hostName}.zeek.conf`);
  if (!fs.existsSync(path.resolve(here, own))) return undefined;
  const text = `Zeek's generator reads this on host '${hostName}', and not ${file}`;
  return { file: own, text: `${text}: clusters on several hosts are not supported yet` };
}
