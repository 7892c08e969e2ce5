/** What is found out about an installed Zeek, whatever is beside it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { ZeekInstallations } from "../../src/os/zeek-installation.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

const ENV = { PATH: process.env["PATH"] };
const SHARE = [
  ".",
  "share/zeek",
  "share/zeek/policy",
  "share/zeek/site",
  "share/zeek/builtin-plugins",
];

/** Programs that say what they are told to, under PREFIX/bin. */
function install(t: TestContext, programs: Record<string, string>): string {
  const prefix = temporaryDirectory(t);
  for (const [name, text] of Object.entries(programs)) {
    const file = path.join(prefix, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return prefix;
}

const zeek = (version: string) => `echo "$0 version ${version}"`;
const zeekConfig = (version: string, zeekPath: string) => `echo ${version}\necho ${zeekPath}`;

test("its path is that of the zeek-config beside it, also where it is a link to elsewhere", async (t) => {
  const prefix = install(t, {
    "bin/zeek": zeek("9.1.0-dev.12"),
    "bin/zeek-config": zeekConfig("9.1.0-dev.12", ".:/a/zeek:/b"),
  });
  const link = path.join(temporaryDirectory(t), "my-zeek");
  fs.symlinkSync(path.join(prefix, "bin/zeek"), link);
  for (const executable of [path.join(prefix, "bin/zeek"), link]) {
    const { version, zeekPath } = await new ZeekInstallations([]).of(executable, ENV);
    assert.deepEqual([version.major, version.before?.number], [9, 12]);
    assert.deepEqual(zeekPath, [".", "/a/zeek", "/b"]);
  }
});

test("without one it is the default below its prefix; one of another Zeek's does not count", async (t) => {
  const prefix = install(t, {
    "bin/zeek": zeek("8.2.2"),
    "other/zeek-config": zeekConfig("7.0.1", "/of/another"),
    "same/zeek-config": zeekConfig("8.2.2", "/of/this"),
  });
  const pathOf = async (folder: string) => {
    const env = { PATH: `${path.join(prefix, folder)}:/usr/bin:/bin` };
    return (await new ZeekInstallations([]).of(path.join(prefix, "bin/zeek"), env)).zeekPath;
  };
  const byDefault = SHARE.map((name) => (name === "." ? name : path.join(prefix, name)));
  assert.deepEqual(await pathOf("none"), byDefault);
  assert.deepEqual(await pathOf("other"), byDefault);
  assert.deepEqual(await pathOf("same"), ["/of/this"]);
});

test("it is asked once, until it is another file; what failed is asked again", async (t) => {
  const prefix = install(t, { "bin/zeek": `echo x >> "$0.asked"; exit 3` });
  const executable = path.join(prefix, "bin/zeek");
  const asked = () => fs.readFileSync(`${executable}.asked`, "utf8").length / 2;
  const installations = new ZeekInstallations([]);
  const ask = () => installations.of(executable, ENV);
  await assert.rejects(ask(), { message: `${executable} --version exited with status 3` });
  await assert.rejects(ask(), /exited with status 3/);
  assert.equal(asked(), 2);
  const replace = (version: string) => {
    const text = `#!/bin/sh\necho x >> "$0.asked"; ${zeek(version)}\n`;
    fs.writeFileSync(`${executable}.new`, text, { mode: 0o755 });
    fs.renameSync(`${executable}.new`, executable);
  };
  replace("8.1.0");
  const both = await Promise.all([ask(), ask()]);
  assert.deepEqual(
    both.map(({ version }) => version.minor),
    [1, 1],
  );
  assert.equal((await ask()).version.minor, 1);
  assert.equal(asked(), 3);
  replace("8.2.0");
  assert.equal((await ask()).version.minor, 2);
  assert.equal(asked(), 4);
});

test("what it leaves in the background is not waited for", async (t) => {
  const prefix = install(t, { "bin/zeek": `sleep 1000 &\n${zeek("8.2.2")}` });
  const { version } = await new ZeekInstallations([]).of(path.join(prefix, "bin/zeek"), ENV);
  assert.equal(version.major, 8);
});
