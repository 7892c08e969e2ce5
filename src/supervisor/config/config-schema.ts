/** A node's configuration as it comes from a script: its shape is checked here, and nowhere else. */
import fs from "node:fs";
import path from "node:path";
import * as v from "valibot";
import { configProblem, type NodeConfig, nameProblem } from "../../core/config.ts";
import { nearest } from "../../core/nearest.ts";
import { circleThrough } from "../../core/order.ts";
import { withPlainPattern } from "../../core/readiness.ts";
import { NodeConfigError } from "../../errors.ts";
import { MAX_PAYLOAD } from "../../wire/frames.ts";
import { identityProblem } from "./identity-check.ts";
import { output, schema, zeek } from "./node-schema.ts";
import type { OutputClaims } from "./output-claims.ts";
import { zeekProblem } from "./zeek-check.ts";

/** A frame's payload, less what a message says beside the configuration. */
const MAX_BYTES = MAX_PAYLOAD - 64 * 1024;

/**
 * Checks a configuration and makes it a node's own: a frozen copy, with absolute paths of what is there.
 * @param known the configuration of the node that has a name already
 * @param claims the output files of the nodes that there are
 * @throws NodeConfigError in Zeek's words where Zeek objects too
 */
export function acceptConfig(
  config: unknown,
  known: (name: string) => NodeConfig | undefined,
  claims?: Pick<OutputClaims, "clash">,
): NodeConfig {
  const name = nameOf(config);
  const problem = nameProblem(name);
  if (problem !== undefined) throw new NodeConfigError(problem);
  if (known(name) !== undefined)
    throw new NodeConfigError(`node with name '${name}' already exists`);
  const plain = withPlainPattern(withoutUndefined(config) as NodeConfig);
  const result = v.safeParse(schema, plain);
  if (!result.success) throw new NodeConfigError(`node '${name}': ${explain(result.issues[0])}`);
  const accepted = result.output as NodeConfig;
  const conflict = configProblem(accepted) ?? zeekProblem(accepted) ?? identityProblem(accepted);
  if (conflict !== undefined) throw new NodeConfigError(conflict);
  const circle = circleThrough(accepted, known);
  if (circle !== undefined)
    throw new NodeConfigError(`node '${name}' would wait for itself: ${circleText(circle)}`);
  const own = freeze(copyOf(withAbsolutePaths(accepted)));
  const clash = claims?.clash(own);
  if (clash !== undefined) throw new NodeConfigError(clash);
  return own;
}

function circleText(circle: readonly string[]): string {
  return circle.map((name) => `'${name}'`).join(" after ");
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
  // A pattern of a script's own.
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
  const [, prefix = "", name = field] = /^(zeek\.|output\.)(.*)$/s.exec(field) ?? [];
  const { entries } = prefix === "zeek." ? zeek : prefix === "output." ? output : schema;
  const meant = nearest(name, Object.keys(entries));
  return meant === undefined ? "" : `; did you mean '${prefix}${meant}'?`;
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) freeze(field);
  return Object.freeze(value);
}
