/** The `coppice` command. */
import type { CoppiceError } from "../errors.ts";
import { version } from "../os/version.ts";
import { NO_CGROUPS_VARIABLE } from "../wire/stem-setup.ts";
import { callIn } from "./dispatch.ts";
import { parseCommandLine } from "./options.ts";

const argv = process.argv.slice(2);
try {
  if (!(await runsVerb())) await run();
} catch (error) {
  if (!isCoppiceError(error)) throw error;
  process.stderr.write(`error: ${error.message}\n`, () => process.exit(error.exitStatus));
}

/** What only a verb needs is loaded only for one: a Supervisor lives long and holds little. */
async function runsVerb(): Promise<boolean> {
  const call = callIn(argv);
  if (call === undefined) return false;
  const { mainOfVerb } = await import("./verb-main.ts");
  return mainOfVerb(call);
}

async function run(): Promise<void> {
  const commandLine = parseCommandLine(argv);
  if (commandLine.print === "help") {
    const { commandHelp } = await import("./help.ts");
    process.stdout.write(commandHelp());
  } else if (commandLine.print === "version") process.stdout.write(`coppice ${version()}\n`);
  else if (commandLine.supervisor) {
    // By the environment, which outlasts a Supervisor's own successors.
    if (!commandLine.cgroups) process.env[NO_CGROUPS_VARIABLE] = "1";
    const { bootSupervisor } = await import("../supervisor/boot.ts");
    await bootSupervisor(commandLine);
  } else {
    const { runPlain } = await import("./plain.ts");
    await runPlain(commandLine);
  }
}

/** Also one of the Supervisor's own copy of the class. */
function isCoppiceError(error: unknown): error is CoppiceError {
  if (!(error instanceof Error)) return false;
  const { code, exitStatus } = error as Partial<CoppiceError>;
  return code?.startsWith("COPPICE_") === true && typeof exitStatus === "number";
}
