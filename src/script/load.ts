/** Loads scripts one after the other, each whole before the next. */
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { ScriptError } from "../errors.ts";
import { RUNTIME } from "../os/runtime.ts";
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

/** The first place in the user's own files. */
function placeIn(error: Error): string | undefined {
  const places = (error.stack ?? "").matchAll(PLACE);
  return [...places].map(([, place = ""]) => place).find((place) => !place.startsWith(OWN_FILES));
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

const PLACE = /(?:^|[\s(]|file:\/\/)(\/[^\s()]+:\d+(?::\d+)?)/gm;
const OWN_FILES = `${RUNTIME}${path.sep}`;
