/** The rules of a node's life, as its configuration has them. */
import { type NodeConfig, policyOf } from "./config.ts";
import { checkRulesOf } from "./health.ts";
import type { Rules } from "./life.ts";
import { readyRulesOf } from "./readiness.ts";

/** @param id of the creation; @param sigkill whether SIGKILL may be used at all */
export function rulesOf(config: NodeConfig, id: number, sigkill: boolean): Rules {
  const policy = policyOf(config);
  const health = checkRulesOf(config, id);
  return {
    ...policy,
    stop: { ...policy.stop, sigkill },
    ready: readyRulesOf(config),
    ...(health && { health }),
  };
}
