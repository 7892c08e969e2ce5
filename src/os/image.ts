/**
 * The image: a private copy of this runtime in the state directory, from which the whole tree runs,
 * so that what is installed may change under a running one.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { version } from "./version.ts";

/** @returns the image's directory, made if there is none of this very runtime yet */
export function prepareImage(stateDirectory: string): string {
  const runtime = path.join(import.meta.dirname, "..");
  const files = [
    ...sourceFiles(runtime).map((name) => ({
      name,
      text: fs.readFileSync(path.join(runtime, name), "utf8"),
    })),
    ...Object.entries(DEPENDENCIES).flatMap(([name, wanted]) => {
      const directory = packageDirectory(name);
      return (wanted ?? packageFiles(directory)).map((file) => ({
        name: path.join("node_modules", name, file),
        text: readSmallest(path.join(directory, file)),
      }));
    }),
    { name: "package.json", text: JSON.stringify({ type: "module", version: version() }) },
  ];
  const images = path.join(stateDirectory, "image");
  const directory = path.join(images, fingerprint(files));
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(images, { recursive: true, mode: 0o700 });
  const draft = fs.mkdtempSync(path.join(images, "new-"));
  for (const folder of new Set(files.map(({ name }) => path.dirname(name)))) {
    fs.mkdirSync(path.join(draft, folder), { recursive: true });
  }
  for (const { name, text } of files) write(draft, name, text);
  fs.renameSync(draft, directory);
  return directory;
}

/** Removes all images but those that are in use: those of trees that have ended. */
export function removeOtherImages(stateDirectory: string, used: readonly string[]): void {
  const images = path.join(stateDirectory, "image");
  for (const name of fs.readdirSync(images)) {
    const other = path.join(images, name);
    if (!used.includes(other)) fs.rmSync(other, { recursive: true, force: true });
  }
}

/** Code, and what the console's page is made of besides. */
const PARTS = /\.(ts|js)$|^console\/.*\.(html|css|svg)$/;

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

interface ImageFile {
  name: string;
  text: string;
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

function packageFiles(directory: string): string[] {
  return filesBelow(directory)
    .filter((name) => /(^package\.json|\.m?js)$/.test(name))
    .filter((name) => !name.startsWith("node_modules/") && !/\.min\./.test(name))
    .sort();
}

function write(directory: string, name: string, text: string): void {
  const isTypeScript = name.endsWith(".ts");
  const file = path.join(directory, isTypeScript ? name.replace(/\.ts$/, ".js") : name);
  fs.writeFileSync(file, isTypeScript ? strip(text) : text);
}

/** From a source tree the image is made of JavaScript: the Stem then never loads the type stripper. */
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

/** All but the command line's own: that runs from where it is installed. */
function sourceFiles(directory: string): string[] {
  return filesBelow(directory)
    .filter((name) => PARTS.test(name) && !name.endsWith(".d.ts"))
    .filter((name) => !name.startsWith("cli/"))
    .sort();
}

/** Much quicker than Node.js's own recursion, which every start of a tree would wait for. */
function filesBelow(directory: string, prefix = ""): string[] {
  return fs.readdirSync(directory + prefix, { withFileTypes: true }).flatMap((entry) => {
    const name = `${prefix}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(directory, name) : [name.slice(1)];
  });
}

function fingerprint(files: readonly ImageFile[]): string {
  const hash = createHash("sha256");
  for (const { name, text } of files) hash.update(`${name}\0${text.length}\0${text}`);
  return hash.digest("hex").slice(0, 16);
}
