/** The configuration file that a command line means, and those that lie beside it. */
import fs from "node:fs";
import path from "node:path";
import { FileError } from "../../errors.ts";
import { errnoText } from "../../os/tools.ts";
import { type Kind, kindOf } from "../../zeek/kind.ts";
import type { Source } from "../../zeek/plan.ts";
import { readFile } from "../files.ts";

export interface FoundFile {
  kind: Kind;
  source: Source;
  /** Of ZeekControl's other files: what lies beside it. */
  beside: { zeekctlCfg?: Source; networksCfg?: Source };
}

/**
 * @param name as it was given: of a file, or of a directory that has one
 * @param here where relative names start. @throws FileError
 */
export function findFile(name: string, as: Kind | undefined, here: string): FoundFile {
  const file = isDirectory(name, here) ? fileIn(name, as, here) : name;
  const source = read(file, here);
  const kind = as ?? kindOf(path.basename(file), source.text);
  if (kind === undefined)
    throw new FileError(
      `${file} is neither a node.cfg nor a zeek.conf, as far as it can be told: say which with --as`,
    );
  if (kind === "zeek.conf") return { kind, source, beside: {} };
  const zeekctlCfg = optional(file, "zeekctl.cfg", here);
  const networksCfg = optional(file, "networks.cfg", here);
  return {
    kind,
    source,
    beside: {
      ...(zeekctlCfg === undefined ? {} : { zeekctlCfg }),
      ...(networksCfg === undefined ? {} : { networksCfg }),
    },
  };
}

function isDirectory(name: string, here: string): boolean {
  try {
    return fs.statSync(path.resolve(here, name)).isDirectory();
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new FileError(`cannot read ${name}: ${reason}`);
  }
}

/** PREFIX/etc has ZeekControl's files, and zeek-systemd-generator's there or one directory below. */
function fileIn(directory: string, as: Kind | undefined, here: string): string {
  const found = PLACES.filter((name) => as === undefined || path.basename(name) === as)
    .map((name) => path.join(directory, name))
    .filter((file) => fs.existsSync(path.resolve(here, file)));
  const [file, second] = found;
  if (file === undefined)
    throw new FileError(`${directory} has no ${as ?? "node.cfg and no zeek.conf"}`);
  if (second !== undefined)
    throw new FileError(`${directory} has both ${file} and ${second}: name the one to run`);
  return file;
}

function optional(file: string, name: string, here: string): Source | undefined {
  const other = path.join(path.dirname(file), name);
  return fs.existsSync(path.resolve(here, other)) ? read(other, here) : undefined;
}

/** Told of by the name that was given. */
function read(file: string, here: string): Source {
  return { file, text: readFile(path.resolve(here, file), "the file") };
}

const PLACES = ["node.cfg", "zeek.conf", "zeek/zeek.conf"];
