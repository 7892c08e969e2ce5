/** Gives one file of the core with a fault in it to whoever loads it: COPPICE_MUTANT is its place in the list. */
import { registerHooks } from "node:module";
import { MUTANTS } from "./list.ts";
import { mutated, urlOf } from "./text.ts";

const mutant = MUTANTS[Number(process.env["COPPICE_MUTANT"])];
if (mutant === undefined) throw new Error("COPPICE_MUTANT is no mutant's number");
const url = urlOf(mutant);

registerHooks({
  load(asked, context, next) {
    const loaded = next(asked, context);
    if (asked !== url) return loaded;
    return { ...loaded, source: mutated(mutant, String(loaded.source)) };
  },
});
