/** Coppice's own arguments, as a service starts it with them: checked, and with absolute scripts. */
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { FileError, UsageError } from "../../errors.ts";
import { callIn } from "../dispatch.ts";
import { parseLine } from "../line.ts";
import { OPTIONS, parseCommandLine, withKeepTime } from "../options.ts";
import { findVerb } from "../verbs.ts";

export interface ServiceArguments {
  args: string[];
  hasStateDirectory: boolean;
  keepsStem: boolean;
}

/**
 * @param directory where the service will run, which relative paths start from
 * @throws UsageError, FileError
 */
export function serviceArguments(args: readonly string[], directory: string): ServiceArguments {
  const call = callIn(args);
  const isVerb = call !== undefined && findVerb(call.word) !== undefined;
  const checked = isVerb ? zeekArguments(args, directory) : runArguments(args, directory);
  const keepsStem = args.some((arg) => /^--keep(?:=|$)/.test(arg));
  return { ...checked, keepsStem };
}

type Checked = Omit<ServiceArguments, "keepsStem">;

/** `coppice zeek FILE` is a Supervisor, too; no other verb is. */
function zeekArguments(args: readonly string[], directory: string): Checked {
  const { word, argv } = callIn(args) ?? { word: "", argv: [] };
  const verb = findVerb("zeek");
  if (word !== "zeek" || verb === undefined)
    throw new UsageError(
      `coppice ${word} is no service; one runs coppice -j, or coppice zeek FILE`,
    );
  const line = parseLine(verb, argv);
  const [file, ...more] = line.names;
  const isOther = file === "check" || file === "diag";
  if (file === undefined || isOther || more.length > 0)
    throw new UsageError("which file is the service to run? coppice systemd -- zeek FILE");
  const at = args.lastIndexOf(file);
  return {
    args: args.map((arg, index) => (index === at ? existing(file, directory, "file") : arg)),
    hasStateDirectory: line.has("state-dir"),
  };
}

function runArguments(args: readonly string[], directory: string): Checked {
  const commandLine = parseCommandLine(args);
  if (commandLine.print !== undefined || !commandLine.supervisor)
    throw new UsageError("a service is a Supervisor: coppice systemd -- -j SCRIPT");
  const { scripts } = commandLine.handedDown;
  const whole = withKeepTime(args);
  const { tokens } = parseArgs({
    args: whole,
    options: OPTIONS,
    allowPositionals: true,
    tokens: true,
  });
  const isScript = (word: string) => scripts.includes(path.resolve(word));
  const absolute = [...whole];
  for (const token of tokens) {
    if (token.kind === "positional" && isScript(token.value))
      absolute[token.index] = existing(token.value, directory, "script");
  }
  const hasStateDirectory = tokens.some(
    (token) => token.kind === "option" && token.name === "state-dir",
  );
  return { args: absolute, hasStateDirectory };
}

/** @throws FileError */
function existing(name: string, directory: string, what: string): string {
  const file = path.resolve(directory, name);
  if (!fs.existsSync(file))
    throw new FileError(`there is no ${what} ${file}: the service could not start`);
  return file;
}
