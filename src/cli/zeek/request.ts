/** What a command line asks to be planned. */
import path from "node:path";
import { KINDS } from "../../zeek/kind.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import type { PlanRequest } from "./plan-file.ts";

/** @throws UsageError */
export function requestOf(file: string, line: Line, { directory }: Context): PlanRequest {
  const as = line.choice("as", KINDS);
  const dialect = line.choice("dialect", ["8.x", "9.0"] as const);
  const zeek = line.text("zeek");
  const prefix = line.text("prefix");
  if (zeek === "" || prefix === "") throw line.wrong("--zeek and --prefix must not be empty");
  return {
    file,
    here: directory,
    stateDirectory: path.resolve(directory, line.text("state-dir") ?? ".coppice"),
    ...(as === undefined ? {} : { as }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(zeek === undefined ? {} : { zeek }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}
