/**
 * A program that compiles scripts into the compile cache, and runs none of them: all modules of a
 * graph are compiled before the first one runs, and the first one of this graph throws.
 * Usage: warm.js CACHE URL...
 */
import { installModuleHooks } from "./modules.ts";
import { flushCompileCache, useCompileCache } from "./options.ts";

const [, , cache = "", ...urls] = process.argv;
useCompileCache(cache);
installModuleHooks();
const graph = ["data:text/javascript,throw 0", ...urls];
const source = graph.map((url) => `import ${JSON.stringify(url)};`).join("");
await import(`data:text/javascript,${encodeURIComponent(source)}`).catch(() => {});
flushCompileCache();
