/** Coppice's version. */
import fs from "node:fs";
import path from "node:path";
import { RUNTIME } from "./runtime.ts";

export function version(): string {
  // In an image package.json lies beside the code, elsewhere one folder above.
  const [own = "", installed = ""] = [".", ".."].map((above) =>
    path.join(RUNTIME, above, "package.json"),
  );
  const file = fs.existsSync(own) ? own : installed;
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
}
