/** A node's own scripts: where they are looked for, and what is said of those that are not there. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { ask, create, plantToAsk, status } from "../fixtures/ask.ts";

test("E.3: a script that is no file yet keeps its name, and is found where Coppice was started", async (t) => {
  const tree = plantToAsk(t);
  const revival = { delay: 600_000 };
  const config = { name: "a", directory: "elsewhere", addlUserScripts: ["later.mjs"], revival };
  await create(tree, config);
  await tree.line(/\[a\] error: cannot load script \/.*\/later\.mjs: no such file$/m, "stderr");
  assert.deepEqual((await status(tree, "a")).node.addlUserScripts, ["later.mjs"]);
  const say = 'import { args } from "coppice"; console.log("loaded", args.scripts.at(-1));';
  fs.writeFileSync(tree.file("later.mjs"), say);
  await create(tree, { ...config, name: "b" });
  await tree.line(new RegExp(`\\[b\\] loaded ${tree.file("later.mjs")}$`, "m"));
  assert.deepEqual((await status(tree, "b")).node.addlUserScripts, [tree.file("later.mjs")]);
});

test("a node that was created before its script was there finds it when it is started again", async (t) => {
  const tree = plantToAsk(t);
  const revival = { delay: 600_000 };
  await create(tree, {
    name: "a",
    directory: "elsewhere",
    addlBaseScripts: ["sub/later.mjs"],
    revival,
  });
  await tree.line(/\[a\] error: cannot load script/m, "stderr");
  fs.mkdirSync(tree.file("sub"));
  fs.writeFileSync(tree.file("sub/later.mjs"), 'console.log("loaded in", process.cwd());');
  assert.equal(await ask(tree, 'supervisor.restart("a")'), true);
  await tree.line(new RegExp(`\\[a\\] loaded in ${tree.file("elsewhere")}$`, "m"));
});
