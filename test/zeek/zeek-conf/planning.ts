/** A Zeek that is installed, and files that are planned for it. */
import assert from "node:assert/strict";
import type { NodeConfig } from "../../../src/core/config.ts";
import { type Installation, type Plan, problemText } from "../../../src/zeek/plan.ts";
import type { Dialect } from "../../../src/zeek/zeek-conf/dialect.ts";
import { planZeekConf } from "../../../src/zeek/zeek-conf/plan-zeek-conf.ts";

export const INSTALLATION: Installation = {
  executable: "/opt/zeek/bin/zeek",
  version: "9.0.0-rc1",
  prefix: "/opt/zeek",
  zeekPath: [".", "/opt/zeek/share/zeek", "/opt/zeek/share/zeek/policy"],
  hostName: "sensor",
  addresses: ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"],
};

export function installed(dialect: Dialect): Installation {
  return { ...INSTALLATION, version: dialect === "8.x" ? "8.2.2" : "9.0.0-rc1" };
}

export function planned(text: string, dialect: Dialect = "9.0", installation?: Installation): Plan {
  const source = { file: "zeek.conf", text };
  const result = planZeekConf(source, installation ?? installed(dialect), { dialect });
  if ("problems" in result) assert.fail(result.problems.map(problemText).join("\n"));
  return result.plan;
}

/** Each with its line: "zeek.conf:3: …". */
export function problems(text: string, dialect: Dialect = "9.0"): string[] {
  const result = planZeekConf({ file: "zeek.conf", text }, installed(dialect), { dialect });
  if ("plan" in result) assert.fail("the file is accepted");
  return result.problems.map(problemText);
}

export function node(plan: Plan, name: string): NodeConfig {
  const found = plan.nodes.find((config) => config.name === name);
  assert.ok(found, `there is no node ${name}: ${plan.nodes.map((config) => config.name)}`);
  return found;
}
