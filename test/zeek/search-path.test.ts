/** Where the nodes of a planned cluster find their scripts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeConfig } from "../../src/core/config.ts";
import { zeekEnvironment } from "../../src/zeek/environment.ts";
import { ownScriptsFirst } from "../../src/zeek/search-path.ts";

const installation = {
  executable: "/opt/zeek/bin/zeek",
  zeekPath: [".", "", "/opt/zeek/share/zeek", "/opt/zeek/share/zeek/site"],
};

function searched({ zeek, ...more }: Omit<NodeConfig, "name">): string | undefined {
  const given = { name: "w", ...more, zeek: { executable: installation.executable, ...zeek } };
  const [node] = ownScriptsFirst([given], installation);
  const places = { inherited: {}, generated: "/g", base: "/here", zeekPath: installation.zeekPath };
  return zeekEnvironment(node!, places)["ZEEKPATH"];
}

test("a script where Coppice was started never takes the place of the site's", () => {
  assert.equal(searched({}), "/g:/opt/zeek/share/zeek:/opt/zeek/share/zeek/site:/here");
  assert.equal(
    searched({ zeek: { path: ["/opt/zeek/share/zeek/site", "/x"] } }),
    "/g:/opt/zeek/share/zeek/site:/x:/opt/zeek/share/zeek:/here",
  );
});

test("a path of the user's own is the only one, and another Zeek has other scripts", () => {
  assert.equal(searched({ env: { ZEEKPATH: "/mine" } }), "/g:/mine");
  const other = { name: "w", zeek: { executable: "/other/bin/zeek", path: ["/x"] } };
  const program = { name: "archiver", command: ["x"] };
  assert.deepEqual(ownScriptsFirst([other, program], installation), [other, program]);
});
