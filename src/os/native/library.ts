/**
 * The system's C library, called through koffi: for what Node.js itself does not offer. Where there is no
 * koffi for the machine there is no library either, and callers do without.
 */
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import type { LibraryHandle } from "koffi";
import { RUNTIME } from "../runtime.ts";

/** Set to anything: no native code is loaded. */
export const NO_NATIVE_VARIABLE = "COPPICE_NO_NATIVE";

/** The symbols of this very process, the C library's among them; undefined where they cannot be called. */
export function openLibrary(env: NodeJS.ProcessEnv): LibraryHandle | undefined {
  if (NO_NATIVE_VARIABLE in env || process.platform !== "linux") return undefined;
  for (const file of nativeFiles()) {
    try {
      const loaded = { exports: {} as { load(file: null): LibraryHandle } };
      process.dlopen(loaded, file);
      return loaded.exports.load(null);
    } catch {
      // Made for another C library.
    }
  }
  return undefined;
}

/** koffi's own modules for this machine: one for each C library that it may have. */
export function nativeFiles(): string[] {
  const built = path.join(RUNTIME, NATIVE);
  const own = fs.existsSync(built) ? built : packageDirectory();
  return own === undefined
    ? []
    : C_LIBRARIES.map((name) => path.join(own, `${name}_${process.arch}`, "koffi.node")).filter(
        (file) => fs.existsSync(file),
      );
}

/** Where what is built has them, below its own folder. */
export const NATIVE = "native";

/** As koffi calls them. */
const C_LIBRARIES = ["linux", "musl"] as const;

/** Among the packages that sources are run with. */
function packageDirectory(): string | undefined {
  try {
    const { resolve } = module.createRequire(import.meta.url);
    return path.dirname(resolve(`@koromix/koffi-linux-${process.arch}`));
  } catch {
    return undefined;
  }
}
