/** The `coppice` command. */
import fs from "node:fs";
import path from "node:path";
import { CoppiceError } from "../errors.ts";
import { parseCommandLine } from "./options.ts";

try {
  const commandLine = parseCommandLine(process.argv.slice(2), version());
  if (commandLine.print !== undefined) process.stdout.write(commandLine.print);
  else if (commandLine.supervisor) {
    const { runSupervisor } = await import("../supervisor/main.ts");
    await runSupervisor(commandLine);
  } else {
    const { runPlain } = await import("./plain.ts");
    await runPlain(commandLine);
  }
} catch (error) {
  if (!(error instanceof CoppiceError)) throw error;
  process.stderr.write(`error: ${error.message}\n`, () => process.exit(error.exitStatus));
}

function version(): string {
  const file = path.join(import.meta.dirname, "..", "..", "package.json");
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
}
