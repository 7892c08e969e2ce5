/**
 * The image: a private copy of this runtime in the state directory, from which the Stem and all
 * nodes run, so that what is on disk may change under a running tree.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import module from "node:module";
import path from "node:path";

/** @returns the image's directory, made if there is none of this very runtime yet */
export function prepareImage(stateDirectory: string): string {
  const runtime = path.join(import.meta.dirname, "..");
  const files = sourceFiles(runtime).map((name) => ({
    name,
    text: fs.readFileSync(path.join(runtime, name), "utf8"),
  }));
  const images = path.join(stateDirectory, "image");
  const directory = path.join(images, fingerprint(files));
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(images, { recursive: true, mode: 0o700 });
  const draft = fs.mkdtempSync(path.join(images, "new-"));
  for (const { name, text } of files) write(draft, name, text);
  fs.writeFileSync(path.join(draft, "package.json"), '{ "type": "module" }\n');
  fs.renameSync(draft, directory);
  return directory;
}

/** Removes all images but one: those of trees that have ended. */
export function removeOtherImages(stateDirectory: string, image: string): void {
  const images = path.join(stateDirectory, "image");
  for (const name of fs.readdirSync(images)) {
    const other = path.join(images, name);
    if (other !== image) fs.rmSync(other, { recursive: true, force: true });
  }
}

function write(directory: string, name: string, text: string): void {
  const isTypeScript = name.endsWith(".ts");
  const file = path.join(directory, isTypeScript ? name.replace(/\.ts$/, ".js") : name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
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

function sourceFiles(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith(".d.ts"))
    .sort();
}

function fingerprint(files: readonly { name: string; text: string }[]): string {
  const hash = createHash("sha256");
  for (const { name, text } of files) hash.update(`${name}\0${text.length}\0${text}`);
  return hash.digest("hex").slice(0, 16);
}
