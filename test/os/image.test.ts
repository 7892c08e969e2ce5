/** The image: what the Stem and all nodes run from, whatever becomes of the disk. */
import assert from "node:assert/strict";
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { prepareImage, removeOtherImages } from "../../src/os/image.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

async function prepared(
  t: TestContext,
): Promise<{ state: string; image: string; names: string[] }> {
  const state = temporaryDirectory(t);
  const image = await prepareImage(state);
  const names = fs.readdirSync(image, { recursive: true, encoding: "utf8" });
  return { state, image, names };
}

test("it is JavaScript, with the packages that nodes can need, and nothing else of them", async (t) => {
  const { image, names } = await prepared(t);
  assert.deepEqual(
    names.filter((name) => name.endsWith(".ts")),
    [],
  );
  for (const name of ["index.js", "stem/main.js", "node/main.js", "broker/websocket/door.js"]) {
    assert.ok(names.includes(name), name);
  }
  assert.deepEqual(fs.readdirSync(path.join(image, "node_modules")).sort(), [
    "ipaddr.js",
    "prom-client",
    "valibot",
    "ws",
  ]);
  for (const name of ["ws", "ipaddr.js", "prom-client", "valibot"]) {
    assert.ok(names.includes(`node_modules/${name}/package.json`), name);
  }
  assert.ok(!names.some((name) => name.endsWith(".md") || name.endsWith(".d.ts")));
});

test("the command line's own code is not in it, and nothing in it needs that", async (t) => {
  const { image, names } = await prepared(t);
  assert.ok(!names.some((name) => name.startsWith("cli")));
  const own = names.filter((name) => name.endsWith(".js") && !name.startsWith("node_modules"));
  assert.ok(own.length > 200);
  for (const name of own) {
    const text = fs.readFileSync(path.join(image, name), "utf8");
    for (const [, wanted = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]*)"/g)) {
      const file = path.join(path.dirname(name), wanted);
      assert.ok(names.includes(file), `${name} imports ${file}`);
    }
  }
});

test("a package's module is its minified one, under the name that it is imported by", async (t) => {
  const { image, names } = await prepared(t);
  const name = "node_modules/valibot/dist/index.mjs";
  const read = (file: string) => fs.readFileSync(file, "utf8");
  assert.equal(read(path.join(image, name)), read(name.replace(".mjs", ".min.mjs")));
  assert.ok(!names.some((name) => name.includes(".min.")));
  const { acceptConfig } = await import(
    pathToFileURL(path.join(image, "supervisor/config/config-schema.js")).href
  );
  assert.deepEqual(
    acceptConfig({ name: "a" }, () => undefined),
    { name: "a" },
  );
});

test("of prom-client there is what is used, and all that this needs", async (t) => {
  const { image, names } = await prepared(t);
  const own = names.filter((name) => name.startsWith("node_modules/prom-client/"));
  assert.ok(own.length < 12, own.join(" "));
  const { Exposition } = await import(
    pathToFileURL(path.join(image, "supervisor/metrics/exposition.js")).href
  );
  const exposition = new Exposition();
  exposition.distribution({ name: "d", help: "h", buckets: [1] });
  const families = [{ name: "a_total", type: "counter", help: "h", samples: [] }];
  let texts = "";
  for await (const text of exposition.texts(families)) texts += text;
  assert.match(texts, /^# HELP a_total h\n# TYPE a_total counter\n.+\nd_count 0\n$/s);
  const loaded = Object.keys(module.createRequire(import.meta.url).cache);
  const files = loaded.filter((file) => file.startsWith(`${image}/node_modules/prom-client/`));
  assert.equal(files.length, own.filter((name) => name.includes("/lib/")).length);
});

test("what listens and connects runs from it, with its own copies", async (t) => {
  const { image } = await prepared(t);
  const load = (name: string) => import(pathToFileURL(path.join(image, name)).href);
  const { broker } = await load("script/broker.js");
  for (const call of ["listen", "listenWebSocket"] as const) {
    const listener = await broker[call]({ port: 0 });
    assert.ok(listener.port > 0);
    await listener.close();
  }
  const { connect } = await load("script/connect.js");
  const nowhere = connect(`unix:${image}/nowhere.sock`, { timeout: 5000 });
  await assert.rejects(nowhere, { code: "COPPICE_NO_SUPERVISOR" });
});

test("one of the same runtime is used again, others are removed", async (t) => {
  const { state, image } = await prepared(t);
  fs.writeFileSync(path.join(image, "mark"), "");
  fs.mkdirSync(path.join(state, "image", "0123456789abcdef"));
  assert.equal(await prepareImage(state), image);
  assert.ok(fs.existsSync(path.join(image, "mark")));
  removeOtherImages(state, [image]);
  assert.deepEqual(fs.readdirSync(path.join(state, "image")), [path.basename(image)]);
});
