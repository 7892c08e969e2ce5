/** Loads scripts one after the other, each whole before the next. */
import fs from "node:fs";
import { pathToFileURL } from "node:url";
import { ScriptError } from "../errors.ts";
import { moduleOf } from "./modules.ts";

/** @param scripts absolute paths; @param exec code, loaded last. @throws ScriptError */
export async function loadScripts(
  scripts: readonly string[],
  exec: readonly string[],
): Promise<void> {
  for (const script of scripts) {
    if (!fs.existsSync(script)) throw new ScriptError(script, "no such file");
    await load(script, pathToFileURL(script).href);
  }
  for (const code of exec) await load("-e", moduleOf(code));
}

async function load(name: string, url: string): Promise<void> {
  try {
    await import(url);
  } catch (error) {
    throw new ScriptError(name, reasonOf(error), { cause: error });
  }
}

/** One line: what went wrong, and where if the error knows. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = `${error.name}: ${error.message}`
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ");
  const place = /(?:^|[\s(]|file:\/\/)(\/[^\s()]+:\d+(?::\d+)?)/m.exec(error.stack ?? "")?.[1];
  return place === undefined || message.includes(place) ? message : `${message} (${place})`;
}
