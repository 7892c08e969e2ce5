/** The docs tell the truth where a test can know it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { HELP } from "../src/cli/options.ts";
import * as errors from "../src/errors.ts";

const ROOT = path.join(import.meta.dirname, "..");
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), "utf8");

test("every error's class, code and exit status is in docs/errors.md", () => {
  const source = read("src/errors.ts");
  const rows = read("docs/errors.md");
  const classes = Object.keys(errors).filter((name) => name !== "CoppiceError");
  assert.ok(classes.length > 5);
  for (const name of classes) {
    const code = new RegExp(`class ${name} [\\s\\S]*?"(COPPICE_[A-Z_]+)"`).exec(source)?.[1];
    assert.match(rows, new RegExp(`\\| \`${name}\` \\| \`${code}\` \\| (1|2|69) \\|`));
  }
});

test("the README's command line is the one that --help prints", () => {
  const readme = read("README.md");
  const options = HELP.split("\n").filter((line) => /^ {2,}-/.test(line));
  assert.ok(options.length >= 9);
  for (const option of options) {
    const flags = option.trim().split("  ")[0]!;
    assert.ok(readme.includes(flags), `the README has ${flags}`);
  }
});

test("every link between the project's pages leads somewhere", () => {
  const pages = [
    "README.md",
    ...fs.readdirSync(path.join(ROOT, "docs")).map((name) => `docs/${name}`),
  ];
  for (const page of pages.filter((name) => name.endsWith(".md"))) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)\)/g)) {
      const file = path.join(ROOT, path.dirname(page), target);
      assert.ok(fs.existsSync(file), `${page} links to ${target}`);
    }
  }
});
