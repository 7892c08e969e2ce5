/** Has `import … from "coppice"` mean the runtime of this tree, wherever the importing script lies. */
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** This runtime's public module: the same file, and so the same state, for every script. */
const INDEX = pathToFileURL(
  path.join(import.meta.dirname, "..", `index${path.extname(import.meta.filename)}`),
).href;

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
      return next(specifier, context);
    },
    load(url, context, next) {
      const source = codes.get(url);
      if (source === undefined) return next(url, context);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
}
