/**
 * What is wrong with a node that is a Zeek. What it takes to know that is loaded with the first one,
 * and at once, since a creation is answered at once: most trees have no Zeek, and hold little.
 */
import module from "node:module";
import type { NodeConfig } from "../../core/config.ts";
import { runtimeFile } from "../../os/runtime.ts";

type Problems = typeof import("../../zeek/zeek-problems.ts");

let problems: Problems | undefined;

/** Says why a configuration cannot be a Zeek's; undefined of any other. */
export function zeekProblem(config: NodeConfig): string | undefined {
  if (config.zeek === undefined) return undefined;
  problems ??= load();
  return problems.zeekProblem(config);
}

function load(): Problems {
  const require = module.createRequire(import.meta.url);
  return require(runtimeFile("zeek/zeek-problems")) as Problems;
}
