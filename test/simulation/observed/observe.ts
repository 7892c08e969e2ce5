/**
 * From here on whatever loads a machine of the product gets one that counts its events instead: the
 * product itself knows nothing of it. To be loaded before the simulation.
 */
import { registerHooks } from "node:module";

const STAND_INS = new Map(
  [
    ["../../../src/core/node.ts", "./node.ts"],
    ["../../../src/supervisor/roster/roster.ts", "./roster.ts"],
    ["../../../src/supervisor/link/stem-life.ts", "./stem-life.ts"],
  ].map(([real = "", counting = ""]) => [
    new URL(real, import.meta.url).href,
    new URL(counting, import.meta.url).href,
  ]),
);

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const counting = STAND_INS.get(found.url);
    if (counting === undefined || context.parentURL === counting) return found;
    return { ...found, url: counting };
  },
});
