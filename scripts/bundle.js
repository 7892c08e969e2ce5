// Makes dist/: what is in src/ and the packages that it uses, as few modules. A tree is up sooner, and
// holds less, the fewer files its processes have to find, compile and keep apart.
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";

const root = path.join(import.meta.dirname, "..");

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
/** What the console's page loads. */
const PAGE_ENTRIES = ["console/main", "console/theme"];

/** What each kind of process loads at its start. */
const STARTS = {
  verb: ["cli/main", "cli/verb-main"],
  rehearsal: ["cli/main", "supervisor/boot", "supervisor/reload/rehearse", "index"],
  supervisor: ["cli/main", "supervisor/boot", "supervisor/main", "supervisor/resumed", "index"],
  stem: ["stem/main"],
  node: ["node/main", "index"],
};
/** What comes later, for whoever connects or is connected to. All else comes by itself when it is needed. */
const LATER = {
  door: [
    "control/supervisor-control",
    "control/coppice-control",
    "control/requests",
    "broker/websocket/door",
  ],
  client: ["broker/websocket/client"],
};

/** What packages would use if it were there, and do well without. */
const OPTIONAL = ["bufferutil", "utf-8-validate"];

const runtime = await write(
  {
    input: inputs(ENTRIES),
    platform: "node",
    external: OPTIONAL,
    plugins: [{ name: "builtins", renderChunk: withoutFacades }],
  },
  {
    // As deep as the sources: src/os/runtime.ts finds everything else from where it lies itself.
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: "who loads it", name: togetherLoaded() }],
    },
  },
);
const page = await write(
  { input: inputs(PAGE_ENTRIES), platform: "browser" },
  { chunkFileNames: "console/chunks/[name]-[hash].js" },
);
const parts = pageParts();
for (const part of parts) cpSync(path.join(root, "src", part), path.join(root, "dist", part));
const natives = nativeParts();
for (const [name, from] of natives) cpSync(from, path.join(root, "dist", name));
writeFileSync(path.join(root, "dist/image.json"), manifest());
writeFileSync(path.join(root, "dist/THIRD-PARTY.txt"), licences());

function inputs(names) {
  return Object.fromEntries(names.map((name) => [name, source(name)]));
}

function source(name) {
  return path.join(root, "src", `${name}.ts`);
}

/** @returns what was written: chunks */
async function write(input, output) {
  const bundle = await rolldown({
    cwd: root,
    tsconfig: false,
    preserveEntrySignatures: "allow-extension",
    ...input,
  });
  try {
    const written = await bundle.write({
      dir: path.join(root, "dist"),
      format: "es",
      entryFileNames: "[name].js",
      comments: false,
      ...output,
    });
    return written.output;
  } finally {
    await bundle.close();
  }
}

/**
 * Names the chunk of a module: modules that the same kinds of processes load lie together, so that each
 * process loads few chunks, and nothing that it does not need. What a module imports is loaded by at least as
 * many, so that no two chunks need each other.
 */
function togetherLoaded() {
  let kinds;
  return (id, modules) => {
    if (modules.getModuleInfo(id).isEntry) return null; // Some run a program when they are loaded.
    const imports = (from) => modules.getModuleInfo(from)?.importedIds ?? [];
    kinds ??= [STARTS, LATER].map((loads) =>
      Object.entries(loads).map(([kind, names]) => [kind, reached(names.map(source), imports)]),
    );
    const [starts, later] = kinds.map((loads) =>
      loads.filter(([, ids]) => ids.has(id)).map(([kind]) => kind),
    );
    const together = (starts.length > 0 ? starts : later).join("-");
    // Of its code, each verb loads its own.
    return together === "" || together === "verb" ? null : together;
  };
}

/**
 * Node.js makes a copy of all that one of its own modules has when it is imported, and loads for that what
 * this module loads only on demand: streams and promises for `fs`, a differ for `util`. Asked for by a call
 * it gives the module itself.
 */
function withoutFacades(code) {
  const rendered = code.replace(
    /^import (?:([\w$]+)(?:, )?)?(?:\* as ([\w$]+))?(?:\{(.*?)\})? from ("node:[^"]+");$/gm,
    (_, whole, all, names, module) =>
      [whole, all, names && `{${names.replace(/ as /g, ": ")}}`]
        .filter((bound) => bound !== undefined)
        .map((bound) => `const ${bound} = globalThis.process.getBuiltinModule(${module});`)
        .join(" "),
  );
  const [left] = /^import .*"node:.*$/m.exec(rendered) ?? [];
  if (left !== undefined) throw new Error(`an import that is not understood: ${left}`);
  return rendered;
}

/** These, and all that one comes to from them. */
function reached(starts, next) {
  const found = new Set(starts);
  for (const id of found) for (const other of next(id)) found.add(other);
  return found;
}

/** What the console's page is made of besides code. */
function pageParts() {
  return readdirSync(path.join(root, "src/console"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(html|css|svg)$/.test(name))
    .map((name) => path.join("console", name));
}

/** koffi's own modules, for as many machines as it is installed for; their places by their names in dist/. */
function nativeParts() {
  const scope = path.join(root, "node_modules/@koromix");
  const names = existsSync(scope) ? readdirSync(scope, { recursive: true, encoding: "utf8" }) : [];
  const found = names
    .filter((name) => /^koffi-linux-[^/]+\/[^/]+\/koffi\.node$/.test(name))
    .map((name) => [path.join("native", ...name.split(path.sep).slice(1)), path.join(scope, name)]);
  return new Map(found);
}

/** What an image is made of (src/os/image.ts), and the name of one that is: it has to be read only once. */
function manifest() {
  const chunks = new Map(runtime.map((chunk) => [chunk.fileName, chunk]));
  const entries = ENTRIES.filter((name) => !name.startsWith("cli/")).map((name) => `${name}.js`);
  const code = reached(entries, (name) => {
    const { imports = [], dynamicImports = [] } = chunks.get(name) ?? {};
    return [...imports, ...dynamicImports].filter((imported) => chunks.has(imported));
  });
  const names = [
    ...code,
    ...page.map(({ fileName }) => fileName),
    ...parts,
    ...natives.keys(),
  ].sort();
  const files = Object.fromEntries(
    names.map((name) => [name, sha256(readFileSync(path.join(root, "dist", name)))]),
  );
  const { version } = packageIn(root);
  const id = sha256(JSON.stringify([version, files])).slice(0, 16);
  return `${JSON.stringify({ id, files }, null, 2)}\n`;
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/** What those ask for whose code is in it. */
function licences() {
  const ids = runtime.flatMap(({ moduleIds = [] }) => moduleIds);
  const folders = new Set(
    ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []),
  );
  return [...folders, path.join(root, "node_modules/koffi")]
    .sort()
    .map((folder) => {
      const { name, version } = packageIn(folder);
      const [file] = readdirSync(folder).filter((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${name} comes without its licence's text`);
      return `${name} ${version}\n\n${readFileSync(path.join(folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

function packageIn(folder) {
  return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
}
