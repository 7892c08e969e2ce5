/** Coppice's public API: what `import … from "coppice"` gives. */

export type { PeerInfo } from "./broker/endpoint.ts";
export type { Value } from "./broker/values.ts";
export type { ConnectOptions, RemoteSupervisor } from "./control/client.ts";
export type {
  Following,
  FollowOptions,
  OutputLine,
  SupervisorApi,
  TreeEvent,
  TreeEventKind,
  Usage,
} from "./core/api.ts";
export type { HealthTrouble } from "./core/checking.ts";
export type {
  ClusterEndpoint,
  NodeConfig,
  OutputConfig,
  Ready,
  ReadySign,
  RevivalPolicy,
  Role,
  StopPolicy,
  ZeekConfig,
} from "./core/config.ts";
export type {
  CrashKind,
  CrashNext,
  CrashOutput,
  CrashRecord,
  CrashSummary,
  CrashUsage,
} from "./core/crash.ts";
export type { HealthCheck } from "./core/health.ts";
export type { Amount, Resource, ResourceLimit } from "./core/limits.ts";
export type { LastExit, NodeState, NodeStatus, Status, StoppedWhy } from "./core/status.ts";
export * from "./errors.ts";
export { type Args, args } from "./script/args.ts";
export { broker, type Listener, type Peering } from "./script/broker.ts";
export { type ClusterSecurity, cluster } from "./script/cluster.ts";
export { connect } from "./script/connect.ts";
export { type Events, hook, on } from "./script/lifecycle.ts";
export {
  type Packet,
  type PacketCounts,
  type PacketOptions,
  type Packets,
  packets,
} from "./script/packets.ts";
export { type LocalSupervisor, supervisor, terminate } from "./script/role.ts";
