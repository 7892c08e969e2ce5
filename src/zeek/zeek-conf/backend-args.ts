/** What `cluster_backend_args` gives: to be loaded first, and options, which stand with the others. */
import { optionWords, splitArguments } from "../options.ts";

/** @param words `splitArguments` has nothing to say of them */
export function backendArguments(words: readonly string[]): { backend: string[]; args: string[] } {
  const split = splitArguments(words);
  if ("problem" in split) return { backend: [...words], args: [] };
  const { options, scripts, plugins, assignments, code } = split;
  return {
    backend: [...scripts, ...plugins, ...assignments],
    args: [...options.flatMap(optionWords), ...(code === undefined ? [] : ["-e", code])],
  };
}
