/** What the page is made of: all of it is served, nothing else is, and none of it makes HTML of text. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { SHARED_MODULES } from "../../src/supervisor/console-routes.ts";

const SRC = path.join(import.meta.dirname, "../../src");
const CONSOLE = path.join(SRC, "console");
const read = (file: string) => fs.readFileSync(file, "utf8");
const files = fs
  .readdirSync(CONSOLE, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.\w+$/.test(name) && !name.endsWith(".d.ts"));

/** What a module loads when it runs: types are left out before. */
function importsOf(file: string): string[] {
  const found = read(file).matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";/gm);
  return [...found].map(([, wanted = ""]) => path.join(path.dirname(file), wanted));
}

test("every module that the page imports is served, and no other from outside of it", () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const next of importsOf(file)) visit(next);
  };
  for (const name of ["main.ts", "theme.ts"]) visit(path.join(CONSOLE, name));
  const names = [...reached].map((file) => path.relative(SRC, file).replace(/\.ts$/, ".js"));
  const outside = names.filter((name) => !name.startsWith("console/")).sort();
  assert.deepEqual(outside, [...SHARED_MODULES].sort());
  const modules = files
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(CONSOLE, name));
  // A module of types alone is never loaded.
  const unused = modules.filter((file) => !reached.has(file) && !/views\/shown\.ts$/.test(file));
  assert.deepEqual(unused, []);
});

test("text never becomes HTML or code", () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML|\beval\b|new Function|javascript:/;
  const hits = files.filter(
    (name) => name.endsWith(".ts") && forbidden.test(read(path.join(CONSOLE, name))),
  );
  assert.deepEqual(hits, []);
});

test("the page itself has no script and no style in it, and names no other host", () => {
  const html = read(path.join(CONSOLE, "index.html"));
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\bstyle=|\bon\w+=/);
  for (const name of files) {
    const text = read(path.join(CONSOLE, name)).replaceAll("http://www.w3.org/2000/svg", "");
    assert.doesNotMatch(text, /https?:\/\/|@import|\burl\(/, name);
  }
  for (const [, part = ""] of html.matchAll(/(?:src|href)="app\/([^"]+)"/g)) {
    const file = path.join(SRC, part.replace(/\.js$/, ".ts"));
    assert.ok(fs.existsSync(file), part);
  }
});

test("every shape that is used is there", () => {
  const html = read(path.join(CONSOLE, "index.html"));
  const shapes = [...html.matchAll(/<symbol id="shape-(\w+)"/g)].map(([, name]) => name);
  const looks = read(path.join(CONSOLE, "model/look.ts"));
  for (const [, look = ""] of looks.matchAll(/^ {2}"(\w+)",$/gm))
    assert.ok(shapes.includes(look), look);
  for (const shape of ["supervisor", "stem", "group"]) assert.ok(shapes.includes(shape), shape);
});
