/** `coppice systemd`: a unit that runs a tree as a service. */
import { runtimeFile } from "../../os/runtime.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { serviceArguments } from "../systemd/arguments.ts";
import { fitsLine } from "../systemd/escape.ts";
import { unitText } from "../systemd/unit.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const { operands, rest } = line;
  if (operands.length > 0 || rest === undefined || rest.length === 0)
    throw line.wrong("which tree? coppice systemd -- -j SCRIPT, or coppice systemd -- zeek FILE");
  const name = nameOf(line);
  const user = userOf(line);
  const { args, hasStateDirectory, keepsStem } = serviceArguments(rest, context.directory);
  if (!fitsLine(context.directory))
    throw line.wrong(`a unit cannot name this directory: ${JSON.stringify(context.directory)}`);
  context.stdout.write(
    unitText({
      name,
      description: descriptionOf(line, name),
      program: [process.execPath, ...process.execArgv, MAIN],
      args,
      hasStateDirectory: !hasStateDirectory,
      directory: context.directory,
      user,
      isForUser: line.flag("user-manager"),
      watchdog: watchdogOf(line),
      keepsStem,
    }),
  );
  return 0;
}

/** It names files and directories, too. */
function nameOf(line: Line): string {
  const name = (line.text("name") ?? "coppice").replace(/\.service$/, "");
  if (!/^[A-Za-z0-9][\w.-]{0,199}$/.test(name))
    throw line.wrong(`--name is letters, digits, '.', '_' and '-', not '${name}'`);
  return name;
}

function userOf(line: Line): string | undefined {
  const user = line.text("user");
  if (user === undefined) return undefined;
  if (line.flag("user-manager"))
    throw line.wrong("either --user or --user-manager: a user's manager runs all as that user");
  if (!/^(?:[A-Za-z_][\w.-]*|\d+)$/.test(user))
    throw line.wrong(`--user is a user's name or number, not '${user}'`);
  return user;
}

function descriptionOf(line: Line, name: string): string {
  const text = line.text("description") ?? `Coppice tree ${name}`;
  if (text === "" || !fitsLine(text))
    throw line.wrong("--description is one line, without blanks around it or \\ at its end");
  return text;
}

function watchdogOf(line: Line): number {
  const seconds = (line.seconds("watchdog") ?? WATCHDOG_MS) / 1000;
  if (seconds !== 0 && seconds < 1)
    throw line.wrong("--watchdog is a second at least, or 0 for none");
  return seconds;
}

const MAIN = runtimeFile("cli/main");
/** A machine may stall for seconds; a tree that has stood still for so long needs a new start. */
const WATCHDOG_MS = 30_000;
