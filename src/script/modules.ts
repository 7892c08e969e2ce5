/** Has `import … from "coppice"` mean the runtime of this tree, wherever the importing script lies. */
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runtimeFile } from "../os/runtime.ts";

/** This runtime's public module: the same file, and so the same state, for every script. */
const INDEX = pathToFileURL(runtimeFile("index")).href;

/** Code given with `-e`, by the URL that it was given; relative imports start where Coppice did. */
const codes = new Map<string, string>();
let start = process.cwd();

/** Makes a module of code given on the command line. @returns what to import */
export function moduleOf(code: string): string {
  const name = `[exec ${codes.size + 1}].mts`;
  const url = pathToFileURL(path.join(start, name)).href;
  codes.set(url, code);
  return url;
}

/**
 * Called once, before any script is loaded.
 * @param directory where Coppice was started, if that is not here
 */
export function installModuleHooks(directory = process.cwd()): void {
  start = directory;
  module.registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "coppice") return { url: INDEX, shortCircuit: true };
      if (codes.has(specifier))
        return { url: specifier, format: "module-typescript", shortCircuit: true };
      return asItIsWritten(next(specifier, context));
    },
    load(url, context, next) {
      const source = codes.get(url);
      if (source === undefined) return next(url, context);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
}

/**
 * A script that imports is a module, even where a package.json says that all scripts are CommonJS,
 * as `npm init` makes it: otherwise a first script beside it could not be loaded.
 */
function asItIsWritten(found: module.ResolveFnOutput): module.ResolveFnOutput {
  const { url, format } = found;
  if (
    !format?.startsWith("commonjs") ||
    !/^file:.*\.[jt]s$/.test(url) ||
    url.includes("/node_modules/")
  ) {
    return found;
  }
  const isModule = MODULE_SYNTAX.test(fs.readFileSync(fileURLToPath(url), "utf8"));
  return isModule ? { ...found, format: format.replace("commonjs", "module") } : found;
}

/** A statement at the beginning of a line that only a module can have. */
const MODULE_SYNTAX = /^(?:import|export)[\s{*"']/m;
