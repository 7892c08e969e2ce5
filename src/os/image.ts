/**
 * The image: a private copy of this runtime in the state directory, from which the whole tree runs,
 * so that what is installed may change under a running one.
 */
import fs from "node:fs";
import path from "node:path";
import { InstallationError } from "../errors.ts";
import { RUNTIME } from "./runtime.ts";
import { version } from "./version.ts";

/** What an image is made of. */
export interface ImageFile {
  /** Its path in the image. */
  name: string;
  content: Buffer | string;
}

/** A runtime as it is to be in an image. */
interface Original {
  /** Another one for each content. */
  id: string;
  files: ImageFile[];
}

/**
 * @returns the image's directory, made if there is none of this very runtime yet
 * @throws InstallationError, the system's error (rejections)
 */
export async function prepareImage(stateDirectory: string): Promise<string> {
  const images = path.join(stateDirectory, "image");
  const list = readList();
  // What is built says what it is: to know that its image is there already nothing needs to be read.
  if (list !== undefined && fs.existsSync(path.join(images, list.id)))
    return path.join(images, list.id);
  const { id, files } = list === undefined ? await fromSource() : await fromBuilt(list);
  const directory = path.join(images, id);
  if (fs.existsSync(directory)) return directory;
  fs.mkdirSync(images, { recursive: true, mode: 0o700 });
  const draft = fs.mkdtempSync(path.join(images, "new-"));
  try {
    write(draft, files);
    fs.renameSync(draft, directory);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    // Another process has made the same one meanwhile.
    if (!fs.existsSync(directory)) throw error;
  }
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

/** What the build has left beside its modules: all but the command line's own, by their SHA-256. */
interface List {
  id: string;
  files: Record<string, string>;
}

function readList(): List | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(RUNTIME, "image.json"), "utf8")) as List;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** An installation may be in the midst of an upgrade: an image is one version, whole, or none. */
async function fromBuilt({ id, files }: List): Promise<Original> {
  const { createHash } = await import("node:crypto");
  const read = Object.entries(files).map(([name, sha256]) => {
    const file = path.join(RUNTIME, name);
    const content = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
    if (createHash("sha256").update(content).digest("hex") !== sha256)
      throw new InstallationError(file);
    return { name, content };
  });
  return { id, files: [...read, ownPackage()] };
}

/** Sources are made JavaScript: the Stem then never loads what strips types. */
async function fromSource(): Promise<Original> {
  const { sourceFiles, fingerprint } = await import("./source-image.ts");
  const files = [...sourceFiles(), ownPackage()];
  return { id: fingerprint(files), files };
}

function ownPackage(): ImageFile {
  return { name: "package.json", content: JSON.stringify({ type: "module", version: version() }) };
}

function write(directory: string, files: readonly ImageFile[]): void {
  for (const folder of new Set(files.map(({ name }) => path.dirname(name)))) {
    fs.mkdirSync(path.join(directory, folder), { recursive: true });
  }
  for (const { name, content } of files) fs.writeFileSync(path.join(directory, name), content);
}
