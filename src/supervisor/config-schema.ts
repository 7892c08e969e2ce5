/** A node's configuration as it comes from a script: its shape is checked here, and nowhere else. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as v from "valibot";
import { configProblem, type NodeConfig, nameProblem } from "../core/config.ts";
import { nearest } from "../core/nearest.ts";
import { circleThrough } from "../core/order.ts";
import { NodeConfigError } from "../errors.ts";
import { MAX_PAYLOAD } from "../wire/frames.ts";
import { zeekProblem } from "../zeek/zeek-problems.ts";

/** A frame's payload, less what a message says beside the configuration. */
const MAX_BYTES = MAX_PAYLOAD - 64 * 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const port = v.pipe(count, v.maxValue(65_535));
const filled = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.check((text) => !text.includes("\0"), "no NUL"),
);
const text = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "no NUL"),
);

/** The library's `record` drops these keys without a word, as they may do harm; they are refused. */
const UNUSABLE_KEYS = ["__proto__", "prototype", "constructor"];

function dictionary<Key extends v.GenericSchema<string>, Value extends v.GenericSchema>(
  key: Key,
  value: Value,
) {
  const isUsable = (input: unknown): boolean =>
    !Array.isArray(input) && !UNUSABLE_KEYS.some((name) => Object.hasOwn(Object(input), name));
  const message = `must be an object, without keys ${UNUSABLE_KEYS.join(", ")}`;
  return v.pipe(v.custom<Record<string, unknown>>(isUsable, message), v.record(key, value));
}

const endpoint = v.strictObject({
  role: v.picklist(["NONE", "LOGGER", "MANAGER", "PROXY", "WORKER"]),
  host: v.string(),
  port,
  interface: v.exactOptional(v.string()),
  pcapFile: v.exactOptional(v.string()),
  metricsPort: v.exactOptional(port),
});

const timeout = v.exactOptional(milliseconds);

/** A regular expression of a script's own travels as its source. */
const line = v.pipe(
  v.strictObject({
    line: v.union([v.string(), v.instance(RegExp)]),
    flags: v.exactOptional(v.string()),
    timeout,
  }),
  v.transform(({ line: pattern, flags = "", ...rest }) =>
    typeof pattern === "string"
      ? { line: pattern, ...(flags === "" ? {} : { flags }), ...rest }
      : {
          line: pattern.source,
          ...(pattern.flags === "" ? {} : { flags: pattern.flags }),
          ...rest,
        },
  ),
  v.check(({ line: pattern, flags }) => isPattern(pattern, flags), "not a regular expression"),
);

const ready = v.union([
  v.picklist(["started", "init"]),
  v.strictObject({ fd: v.pipe(count, v.minValue(3), v.maxValue(255)), timeout }),
  v.strictObject({
    port: v.union([v.pipe(port, v.minValue(1)), filled]),
    host: v.exactOptional(filled),
    timeout,
  }),
  line,
  v.strictObject({ file: filled, timeout }),
  v.strictObject({ command: v.tupleWithRest([filled], text), timeout }),
]);

const zeek = v.strictObject({
  executable: v.exactOptional(filled),
  args: v.exactOptional(v.array(text)),
  scripts: v.exactOptional(v.array(filled)),
  supervised: v.exactOptional(v.boolean()),
  backend: v.exactOptional(v.union([v.picklist(["zeromq", "broker", "none"]), v.array(filled)])),
  logScript: v.exactOptional(v.union([filled, v.literal(false)])),
  logQueue: v.exactOptional(filled),
  path: v.exactOptional(v.array(filled)),
  layout: v.exactOptional(filled),
  files: v.exactOptional(dictionary(v.pipe(filled, v.regex(/^[^/]+$/, "no /")), v.string())),
  wrapper: v.exactOptional(v.tupleWithRest([filled], text)),
});

const schema = v.strictObject({
  name: v.string(),
  interface: v.exactOptional(filled),
  pcapFile: v.exactOptional(filled),
  directory: v.exactOptional(filled),
  stdoutFile: v.exactOptional(filled),
  stderrFile: v.exactOptional(filled),
  truncateOutput: v.exactOptional(v.boolean()),
  bareMode: v.exactOptional(v.boolean()),
  addlBaseScripts: v.exactOptional(v.array(filled)),
  addlUserScripts: v.exactOptional(v.array(filled)),
  env: v.exactOptional(dictionary(v.pipe(filled, v.regex(/^[^=]+$/, "no =")), text)),
  cpuAffinity: v.exactOptional(count),
  cluster: v.exactOptional(dictionary(v.string(), endpoint)),
  command: v.exactOptional(v.tupleWithRest([filled], text)),
  after: v.exactOptional(v.array(filled)),
  afterTimeout: v.exactOptional(milliseconds),
  ready: v.exactOptional(ready),
  zeek: v.exactOptional(zeek),
  revival: v.exactOptional(
    v.strictObject({
      when: v.exactOptional(v.picklist(["always", "failure", "never"])),
      limit: v.exactOptional(count),
      delay: v.exactOptional(milliseconds),
      attemptsPerDelay: v.exactOptional(positive),
      factor: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(1))),
      resetAfter: v.exactOptional(milliseconds),
      maxDelay: v.exactOptional(milliseconds),
    }),
  ),
  stop: v.exactOptional(
    v.strictObject({
      signal: v.exactOptional(v.custom<NodeJS.Signals>(isSignal, "not the name of a signal")),
      interval: v.exactOptional(v.pipe(milliseconds, v.minValue(1))),
      attempts: v.exactOptional(count),
    }),
  ),
});

/**
 * Checks a configuration and makes it a node's own: a frozen copy, with absolute paths of what is there.
 * @param known the configuration of the node that has a name already
 * @throws NodeConfigError in Zeek's words where Zeek objects too
 */
export function acceptConfig(
  config: unknown,
  known: (name: string) => NodeConfig | undefined,
): NodeConfig {
  const name = nameOf(config);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new NodeConfigError(problem);
  if (known(name) !== undefined)
    throw new NodeConfigError(`node with name '${name}' already exists`);
  const result = v.safeParse(schema, withoutUndefined(config));
  if (!result.success) throw new NodeConfigError(`node '${name}': ${explain(result.issues[0])}`);
  const accepted = result.output as NodeConfig;
  const conflict = configProblem(accepted) ?? zeekProblem(accepted);
  if (conflict !== undefined) throw new NodeConfigError(conflict);
  const circle = circleThrough(accepted, known);
  if (circle !== undefined)
    throw new NodeConfigError(`node '${name}' would wait for itself: ${circleText(circle)}`);
  return freeze(copyOf(withAbsolutePaths(accepted)));
}

function isPattern(pattern: string, flags = ""): boolean {
  try {
    new RegExp(pattern, flags);
    // These two make a match depend on the one before.
    return !/[gy]/.test(flags);
  } catch {
    return false;
  }
}

function circleText(circle: readonly string[]): string {
  return circle.map((name) => `'${name}'`).join(" after ");
}

function isSignal(value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(os.constants.signals, value);
}

function nameOf(config: unknown): string {
  if (typeof config !== "object" || config === null) {
    throw new NodeConfigError("a node's configuration must be an object");
  }
  const { name } = config as { name?: unknown };
  if (typeof name !== "string") throw new NodeConfigError("a node's configuration needs a name");
  return name;
}

/** What the Stem will get: a configuration travels as JSON, in one frame. */
function copyOf(config: NodeConfig): NodeConfig {
  const json = JSON.stringify(config);
  if (Buffer.byteLength(json) > MAX_BYTES) {
    throw new NodeConfigError(
      `node '${config.name}': more than ${MAX_BYTES} bytes of configuration`,
    );
  }
  return JSON.parse(json) as NodeConfig;
}

/** Scripts may write `{ directory: undefined }` for a field that they leave out. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  if (value instanceof RegExp) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, withoutUndefined(field)]));
}

function withAbsolutePaths(config: NodeConfig): NodeConfig {
  const result = { ...config };
  if (config.directory !== undefined) result.directory = path.resolve(config.directory);
  // Two Zeeks in one directory would overwrite each other's status, and their logs.
  else if (config.zeek !== undefined) result.directory = path.resolve(config.name);
  if (config.zeek !== undefined && config.pcapFile !== undefined)
    result.pcapFile = pathOfFile(config.pcapFile);
  if (config.addlBaseScripts) result.addlBaseScripts = config.addlBaseScripts.map(pathOfFile);
  if (config.addlUserScripts) result.addlUserScripts = config.addlUserScripts.map(pathOfFile);
  return result;
}

/** What is no file here may be a name that means something to a Zeek: it stays as it is. */
function pathOfFile(name: string): string {
  return fs.existsSync(name) ? path.resolve(name) : name;
}

function explain(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? "";
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `unknown field '${field}'${suggestion(field)}`;
  }
  return `field '${field}': ${issue.message}`;
}

function suggestion(field: string): string {
  const meant = nearest(field, Object.keys(schema.entries));
  return meant === undefined ? "" : `; did you mean '${meant}'?`;
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) freeze(field);
  return Object.freeze(value);
}
