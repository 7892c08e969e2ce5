/** Coppice's public API: what `import … from "coppice"` gives. */
export type {
  ClusterEndpoint,
  NodeConfig,
  RevivalPolicy,
  Role,
  StopPolicy,
} from "./core/config.ts";
export type { LastExit, NodeState, NodeStatus, Status } from "./core/status.ts";
export * from "./errors.ts";
export { type Args, args } from "./script/args.ts";
export { type Events, hook, on } from "./script/lifecycle.ts";
export { type SupervisorApi, supervisor, terminate } from "./script/role.ts";
