/** The environment of a Zeek. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NodeConfig } from "../../src/core/config.ts";
import {
  type EnvironmentSources,
  searchDirectoryProblem,
  zeekEnvironment,
} from "../../src/zeek/environment.ts";

const cluster: NonNullable<NodeConfig["cluster"]> = {
  w: { role: "MANAGER", host: "::1", port: 1 },
};
const sources: EnvironmentSources = {
  inherited: { PATH: "/bin", NOTHING: undefined },
  generated: "/state/generated/w",
  zeekPath: [".", "/opt/share/zeek", "/opt/share/zeek/policy"],
  base: "/home/me",
};
const OWN = "/home/me:/opt/share/zeek:/opt/share/zeek/policy";

test("what would make a Zeek another one is not inherited", () => {
  const inherited = {
    PATH: "/bin",
    CLUSTER_NODE: "x",
    ZEEK_STEM: "1,2,3,4,5",
    ZEEKPATH: "/theirs",
    ZEEK_PREFIXES: "x",
    ZEEK_DEBUG_STEM_STDERR: "1",
    ZEEKCTL_CHECK_CONFIG: "1",
    ZEEKCTL_DISABLE_LISTEN: "1",
    POSIXLY_CORRECT: "1",
    ZEEK_PLUGIN_PATH: "/plugins",
  };
  assert.deepEqual(zeekEnvironment({ name: "w", zeek: {} }, { ...sources, inherited }), {
    PATH: "/bin",
    ZEEK_PLUGIN_PATH: "/plugins",
    ZEEKPATH: `/state/generated/w:${OWN}`,
  });
});

test("the node's own variables go over what is inherited, and its name over both", () => {
  const env = { PATH: "/mine", CLUSTER_NODE: "x", ZEEK_PREFIXES: "y" };
  assert.deepEqual(zeekEnvironment({ name: "w", env, cluster, zeek: {} }, sources), {
    PATH: "/mine",
    ZEEK_PREFIXES: "y",
    CLUSTER_NODE: "w",
    ZEEKPATH: `/state/generated/w:${OWN}`,
  });
});

test("a Zeek alone has no name in a cluster, one with a layout has", () => {
  const nameOf = (config: Omit<NodeConfig, "name">) =>
    zeekEnvironment({ name: "w", ...config }, sources)["CLUSTER_NODE"];
  assert.equal(nameOf({ zeek: {} }), undefined);
  assert.equal(nameOf({ zeek: {}, cluster: {} }), undefined);
  assert.equal(nameOf({ zeek: {}, cluster }), "w");
  assert.equal(nameOf({ zeek: { layout: "l.zeek" } }), "w");
});

test("Zeek's Stem finds its pipes", () => {
  const env = zeekEnvironment({ name: "w", zeek: {} }, { ...sources, stem: "1,3,4,5,6" });
  assert.equal(env["ZEEK_STEM"], "1,3,4,5,6");
});

test("scripts are looked for where they were generated, where the node says, where Zeek does", () => {
  const pathOf = (zeek: NodeConfig["zeek"], env?: Record<string, string>) =>
    zeekEnvironment({ name: "w", ...(zeek && { zeek }), ...(env && { env }) }, sources)["ZEEKPATH"];
  assert.equal(pathOf({ path: ["/a", "b/../c"] }), `/state/generated/w:/a:/home/me/c:${OWN}`);
  assert.equal(
    pathOf({ path: ["/a"] }, { ZEEKPATH: "/x::y:." }),
    ["/state/generated/w:/a:/x:/home/me/y:/home/me"].join(),
  );
  assert.equal(
    pathOf({ path: ["/opt/share/zeek"] }),
    ["/state/generated/w:/opt/share/zeek:/home/me:/opt/share/zeek/policy"].join(),
  );
});

test("no directory along ZEEKPATH is relative or empty, and the generated one is first", () => {
  const directories = fc.array(fc.stringMatching(/^[./a:]{0,5}$/), { maxLength: 4 });
  const property = fc.property(directories, directories, directories, (path, own, env) => {
    const config: NodeConfig = { name: "w", zeek: { path } };
    if (env.length > 0) config.env = { ZEEKPATH: env.join(":") };
    const text = zeekEnvironment(config, { ...sources, zeekPath: own })["ZEEKPATH"] ?? "";
    const found = text.split(":");
    assert.equal(found[0], sources.generated);
    for (const directory of found) assert.ok(directory.startsWith("/"), text);
  });
  fc.assert(property);
});

test("a directory that cannot stand in a path is named", () => {
  assert.equal(searchDirectoryProblem("/a/b"), undefined);
  assert.equal(searchDirectoryProblem(""), "a directory's name is empty");
  assert.equal(searchDirectoryProblem("/a:b"), "'/a:b' contains ':', which separates directories");
});

test("Zeek's own Stem leaves SIGKILL to a stop that is to take longer than its own, or to have none", () => {
  const spared = (stop: NodeConfig["stop"], more: Partial<EnvironmentSources> = {}) =>
    zeekEnvironment(
      { name: "w", zeek: {}, ...(stop === undefined ? {} : { stop }) },
      { ...sources, ...more },
    )["ZEEK_SUPERVISOR_NO_SIGKILL"];
  const stem = "1,3,4,5,6";
  assert.equal(spared({ interval: 2_000, attempts: 30 }, { stem }), "1");
  assert.equal(spared({ attempts: 45 }, { stem }), "1");
  assert.equal(spared({ interval: 1_000, attempts: 1 }, { stem }), undefined);
  assert.equal(spared(undefined, { stem }), undefined);
  const inherited = { COPPICE_NO_SIGKILL: "" };
  assert.equal(spared(undefined, { stem, inherited }), "1");
  assert.equal(spared({ interval: 2_000, attempts: 30 }), undefined);
});
