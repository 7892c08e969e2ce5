// Makes dist/: what is in src/ and the packages that it uses, as few modules. A tree is up sooner, and
// holds less, the fewer files its processes have to find, read and keep apart.
// Plain JavaScript, since any Node.js from 20 on may run it.
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** What is started or imported by its name. */
const ENTRIES = [
  "index",
  "cli/main",
  "cli/zeek/planner",
  "node/main",
  "script/warm",
  "stem/main",
  "supervisor/main",
  "supervisor/resumed",
  "zeek/zeek-problems",
];
const CONSOLE_ENTRIES = ["console/main", "console/theme"];

/** What packages would use if it were there, and do well without. */
const OPTIONAL = ["bufferutil", "utf-8-validate"];

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
await bundle();

async function bundle() {
  const common = {
    absWorkingDir: root,
    outbase: "src",
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2023",
    metafile: true,
    logLevel: "warning",
  };
  const sources = (names) => names.map((name) => `src/${name}.ts`);
  const { metafile } = await build({
    ...common,
    entryPoints: sources(ENTRIES),
    platform: "node",
    external: OPTIONAL,
    // As deep as the sources: `src/os/runtime.ts` finds everything else from where it lies itself.
    chunkNames: "chunks/[name]-[hash]",
    // Packages that are CommonJS ask for what Node.js has.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
  const page = await build({
    ...common,
    entryPoints: sources(CONSOLE_ENTRIES),
    platform: "browser",
    chunkNames: "console/chunks/[name]-[hash]",
  });
  for (const part of consoleParts()) {
    cpSync(path.join(root, "src", part), path.join(root, "dist", part));
  }
  const entries = ENTRIES.filter((name) => !name.startsWith("cli/"));
  const image = [
    ...reached(
      metafile.outputs,
      entries.map((name) => `dist/${name}.js`),
    ),
    ...Object.keys(page.metafile.outputs),
    ...consoleParts().map((part) => `dist/${part}`),
  ];
  writeFileSync(path.join(root, "dist/image.json"), manifest(image.sort()));
  writeFileSync(path.join(root, "dist/THIRD-PARTY.txt"), licences(metafile.inputs));
}

/** These outputs and all that they import, now or later. */
function reached(outputs, names) {
  const found = new Set(names);
  for (const name of found) {
    for (const { path: imported, external } of outputs[name].imports) {
      if (!external) found.add(imported);
    }
  }
  return [...found];
}

/** What the console's page is made of besides code. */
function consoleParts() {
  return readdirSync(path.join(root, "src/console"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(html|css|svg)$/.test(name))
    .map((name) => path.join("console", name));
}

/** What an image is made of (src/os/image.ts), and the name of one that is: it has to be read only once. */
function manifest(outputs) {
  const files = Object.fromEntries(
    outputs.map((output) => [
      path.relative("dist", output),
      sha256(readFileSync(path.join(root, output))),
    ]),
  );
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const id = sha256(JSON.stringify([version, files])).slice(0, 16);
  return `${JSON.stringify({ id, files }, null, 2)}\n`;
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/** What those ask for whose code is in it. */
function licences(inputs) {
  const packages = new Set(
    Object.keys(inputs).flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []),
  );
  return [...packages]
    .sort()
    .map((directory) => {
      const folder = path.join(root, directory);
      const { name, version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
      const [file] = readdirSync(folder).filter((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${name} comes without its licence's text`);
      return `${name} ${version}\n\n${readFileSync(path.join(folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
