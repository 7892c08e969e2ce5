import assert from "node:assert/strict";
import { test } from "node:test";
import { node, plan, problems, STANDALONE } from "./fixtures.ts";

test("networks and their tags become Site::local_nets", () => {
  const networks =
    "# all\n\n10.0.0.0/8\tPrivate IP space\n  2001:db8::/32 # docs\n192.168.1.1/32\n";
  const { zeek } = node(plan(STANDALONE, { networks }), "zeek");
  assert.deepEqual(zeek?.scripts, ["local.zeek", "coppice-networks", "coppice-settings"]);
  assert.equal(
    zeek?.files?.["coppice-networks.zeek"],
    `# Made by Coppice from ZeekControl's files: whatever is changed here is lost.
@load base/utils/site
redef Site::local_nets += {
	10.0.0.0/8, # Private IP space
	[2001:db8::]/32, # docs
	192.168.1.1/32,
};
`,
  );
});

test("without networks no script is made", () => {
  for (const files of [{}, { networks: "# none\n" }]) {
    const { zeek } = node(plan(STANDALONE, files), "zeek");
    assert.deepEqual(zeek?.scripts, ["local.zeek", "coppice-settings"]);
    assert.deepEqual(Object.keys(zeek?.files ?? {}), ["coppice-settings.zeek"]);
  }
});

const WRONG: [line: string, problem: string][] = [
  ["private", "'private' is not a network such as 10.0.0.0/8 or 2001:db8::/32"],
  ["10.1/16", "'10.1/16' is not a network such as 10.0.0.0/8 or 2001:db8::/32"],
  ["010.0.0.0/8", "'010.0.0.0/8' is not a network such as 10.0.0.0/8 or 2001:db8::/32"],
  ["10.0.0.256/8", "'10.0.0.256/8' is not a network such as 10.0.0.0/8 or 2001:db8::/32"],
  ["fe80::%eth0/10", "'fe80::%eth0/10' is not a network such as 10.0.0.0/8 or 2001:db8::/32"],
  ["10.0.0.1 host", "'10.0.0.1' has no length: write 10.0.0.1/32 if it is one address"],
  ["::1", "'::1' has no length: write ::1/128 if it is one address"],
  ["10.0.0.0/33", "'10.0.0.0/33' must end in a length from 0 to 32"],
  ["10.0.0.0/8/8", "'10.0.0.0/8/8' must end in a length from 0 to 32"],
  ["10.0.0.0/", "'10.0.0.0/' must end in a length from 0 to 32"],
  ["::/129", "'::/129' must end in a length from 0 to 128"],
];

for (const [line, problem] of WRONG) {
  test(`'${line}' is no network`, () => {
    const networks = `10.0.0.0/8\n${line}\n`;
    assert.deepEqual(problems(STANDALONE, { networks }), [`networks.cfg:2: ${problem}`]);
  });
}
