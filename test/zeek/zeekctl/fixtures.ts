/** An installation, and plans in few words. */
import assert from "node:assert/strict";
import type { NodeConfig } from "../../../src/core/config.ts";
import { type Installation, type Plan, problemText } from "../../../src/zeek/plan.ts";
import { planNodeCfg } from "../../../src/zeek/zeekctl/plan-node-cfg.ts";

export const INSTALLATION: Installation = {
  executable: "/opt/zeek/bin/zeek",
  version: "8.2.2",
  prefix: "/opt/zeek",
  zeekPath: [".", "/opt/zeek/share/zeek", "/opt/zeek/share/zeek/site"],
  hostName: "sensor",
  addresses: ["127.0.0.1", "::1", "10.0.0.1", "2001:db8::1", "fe80::1%eth0"],
};

const NAMES: Record<string, string[]> = {
  localhost: ["::1", "127.0.0.1"],
  sensor: ["10.0.0.1"],
  six: ["2001:DB8::1"],
  zoned: ["fe80::1%eth0"],
  far: ["10.0.0.2"],
};

export interface Files {
  zeekctl?: string;
  networks?: string;
  installation?: Partial<Installation>;
}

export function planned(nodeCfg: string, { zeekctl, networks, installation }: Files = {}) {
  return planNodeCfg(
    {
      nodeCfg: { file: "node.cfg", text: nodeCfg },
      ...(zeekctl === undefined ? {} : { zeekctlCfg: { file: "zeekctl.cfg", text: zeekctl } }),
      ...(networks === undefined ? {} : { networksCfg: { file: "networks.cfg", text: networks } }),
    },
    { ...INSTALLATION, ...installation },
    (host) => NAMES[host],
    "0123abcd",
  );
}

export function plan(nodeCfg: string, files: Files = {}): Plan {
  const result = planned(nodeCfg, files);
  if ("problems" in result) assert.fail(result.problems.map(problemText).join("\n"));
  return result.plan;
}

/** As they would be printed; none if there is a plan. */
export function problems(nodeCfg: string, files: Files = {}): string[] {
  const result = planned(nodeCfg, files);
  return "problems" in result ? result.problems.map(problemText) : [];
}

export function node(plan: Plan, name: string): NodeConfig {
  const found = plan.nodes.find((config) => config.name === name);
  assert.ok(found, `no node ${name} among ${plan.nodes.map((config) => config.name).join(", ")}`);
  return found;
}

export function settingsScript(plan: Plan): string {
  return plan.nodes[0]?.zeek?.files?.["coppice-settings.zeek"] ?? "";
}

export const STANDALONE = "[zeek]\ntype = standalone\nhost = localhost\ninterface = eth0\n";

/** Its last line is 9: what is appended starts on line 10. */
export const CLUSTER = `[manager]
type = manager
host = localhost
[logger-1]
type = logger
host = localhost
[proxy-1]
type = proxy
host = localhost
`;

/** A worker of the cluster: its header is on line 10, `keys` start on line 13. */
export function withWorker(keys: string, name = "worker-1"): string {
  return `${CLUSTER}[${name}]\ntype = worker\nhost = localhost\n${keys}\n`;
}
