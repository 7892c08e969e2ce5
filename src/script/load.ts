/** Loads scripts one after the other, each whole before the next. */
import fs from "node:fs";
import module from "node:module";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
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
    throw new ScriptError(name, reasonOf(error, name), { cause: error });
  }
}

/** One line: what went wrong, and where if that is known. */
function reasonOf(error: unknown, script: string): string {
  if (!(error instanceof Error))
    return inOneLine(typeof error === "string" ? error : inspect(error));
  const message = inOneLine(`${error.name}: ${error.message}`);
  const place =
    placeIn(error) ?? (error instanceof SyntaxError ? placeOfSyntaxError(script) : undefined);
  return place === undefined || message.includes(place) ? message : `${message} (${place})`;
}

function inOneLine(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ");
}

function placeIn(error: Error): string | undefined {
  return /(?:^|[\s(]|file:\/\/)(\/[^\s()]+:\d+(?::\d+)?)/m.exec(error.stack ?? "")?.[1];
}

/** Node.js keeps to itself where JavaScript does not parse; its TypeScript parser tells. */
function placeOfSyntaxError(script: string): string | undefined {
  try {
    module.stripTypeScriptTypes(fs.readFileSync(script, "utf8"), { sourceUrl: script });
  } catch (error) {
    if (error instanceof SyntaxError) return placeIn(error);
  }
  return undefined;
}
