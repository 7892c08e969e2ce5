/** An image of the sources: of a tree that is run from them, with no build step. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import type { ImageFile } from "./image.ts";
import { NATIVE, nativeFiles } from "./native/library.ts";
import { RUNTIME } from "./runtime.ts";

/** All that an image needs of this project and of others. */
export function sourceFiles(): ImageFile[] {
  return [
    ...ownFiles(),
    ...Object.entries(DEPENDENCIES).flatMap(packageFiles),
    ...nativeFiles().map((file) => ({
      name: path.join(NATIVE, path.basename(path.dirname(file)), path.basename(file)),
      content: fs.readFileSync(file),
    })),
  ];
}

/** Another one for each content. */
export function fingerprint(files: readonly ImageFile[]): string {
  const hash = createHash("sha256");
  for (const { name, content } of files)
    hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 16);
}

/** Code, and what the console's page is made of besides. */
const PARTS = /\.(ts|js)$|^console\/.*\.(html|css|svg)$/;

/** All but the command line's own, which runs from where it is installed. */
function ownFiles(): ImageFile[] {
  return filesBelow(RUNTIME)
    .filter((name) => PARTS.test(name) && !name.endsWith(".d.ts") && !name.startsWith("cli/"))
    .sort()
    .map((name) => {
      const text = fs.readFileSync(path.join(RUNTIME, name), "utf8");
      return name.endsWith(".ts")
        ? { name: name.replace(/\.ts$/, ".js"), content: strip(text) }
        : { name, content: text };
    });
}

/** What is needed of others' code, none of which depends on more: these files of it, or all. */
const DEPENDENCIES = {
  "ipaddr.js": undefined,
  "prom-client": [
    "package.json",
    "lib/counter.js",
    "lib/exemplar.js",
    "lib/gauge.js",
    "lib/histogram.js",
    "lib/metric.js",
    "lib/registry.js",
    "lib/util.js",
    "lib/validation.js",
  ],
  valibot: undefined,
  ws: undefined,
} as const;

function packageFiles([name, wanted]: [string, readonly string[] | undefined]): ImageFile[] {
  const directory = packageDirectory(name);
  const files =
    wanted ??
    filesBelow(directory)
      .filter((file) => /(^package\.json|\.m?js)$/.test(file))
      .filter((file) => !file.startsWith("node_modules/") && !/\.min\./.test(file))
      .sort();
  return files.map((file) => ({
    name: path.join("node_modules", name, file),
    content: readSmallest(path.join(directory, file)),
  }));
}

/** A module as its package has minified it, if it has: a running process keeps the source it loaded. */
function readSmallest(file: string): string {
  const minified = file.replace(/\.(m?js)$/, ".min.$1");
  return fs.readFileSync(fs.existsSync(minified) ? minified : file, "utf8");
}

function packageDirectory(name: string): string {
  const { resolve } = module.createRequire(import.meta.url);
  let directory = path.dirname(resolve(name));
  // A package need not let others see its package.json.
  while (!fs.existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return directory;
}

function strip(text: string): string {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {}; // The function is stable enough for our own source.
  try {
    const script = module.stripTypeScriptTypes(text);
    return script.replace(/((?:from|import)\s*\(?\s*")(\.[^"]*)\.ts"/g, '$1$2.js"');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Much quicker than Node.js's own recursion, which every start of a tree would wait for. */
function filesBelow(directory: string, prefix = ""): string[] {
  return fs.readdirSync(directory + prefix, { withFileTypes: true }).flatMap((entry) => {
    const name = `${prefix}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(directory, name) : [name.slice(1)];
  });
}
