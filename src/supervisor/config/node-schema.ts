/** The shape of a node's configuration. */
import os from "node:os";
import * as v from "valibot";
import { isAccount, LAST_ID } from "../../core/identity.ts";
import { amountOf, isLimit, LEAST_CPUS, RESOURCES, umaskText } from "../../core/limits.ts";
import { byteCount, LEAST_MAX_SIZE, MOST_KEPT } from "../../core/output-file.ts";

/** Node's timers hold no more (ms): 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;
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

const ACCOUNT = "must be a name or a number";
const UMASK = 'must be octal digits such as "027", or a number up to 0o777';
const SIZE = 'must be a number of bytes, or a text such as "512M"';

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

const descriptor = v.pipe(count, v.minValue(3), v.maxValue(255));
const timeout = v.exactOptional(milliseconds);

const line = v.pipe(
  v.strictObject({ line: v.string(), flags: v.exactOptional(v.string()), timeout }),
  v.check(({ line: pattern, flags }) => isPattern(pattern, flags), "not a regular expression"),
);

const ready = v.union(
  [
    v.picklist(["started", "init"]),
    v.strictObject({ fd: descriptor, timeout }),
    v.strictObject({
      port: v.union([v.pipe(port, v.minValue(1)), filled]),
      host: v.exactOptional(filled),
      timeout,
    }),
    line,
    v.strictObject({ file: filled, timeout }),
    v.strictObject({ command: v.tupleWithRest([filled], text), timeout }),
  ],
  "must be started, init, or one of { fd }, { port }, { line }, { file } and { command }, which may have a timeout",
);

const span = v.exactOptional(v.pipe(milliseconds, v.minValue(1), v.maxValue(LONGEST_TIMER)));
const often = { interval: span, timeout: span, failures: v.exactOptional(positive) };

const health = v.union(
  [
    v.strictObject({ command: v.tupleWithRest([filled], text), ...often }),
    v.strictObject({ http: v.union([v.pipe(port, v.minValue(1)), filled]), ...often }),
    v.strictObject({
      port: v.union([v.pipe(port, v.minValue(1)), filled]),
      host: v.exactOptional(filled),
      ...often,
    }),
    v.strictObject({
      heartbeat: v.union([v.literal(true), v.strictObject({ fd: descriptor })]),
      ...often,
    }),
  ],
  "must be one of { command }, { http }, { port } and { heartbeat }, which may have interval, timeout and failures",
);

const account = v.union(
  [v.pipe(v.string(), v.check(isAccount, ACCOUNT)), v.pipe(count, v.maxValue(LAST_ID))],
  ACCOUNT,
);

const LIMIT = 'must be a number, a text such as "512M", or "unlimited"';
const amount = v.union([v.number(), v.string()], LIMIT);
const limit = v.pipe(amount, v.check(isLimit, LIMIT));
const resource = v.union(
  [limit, v.strictObject({ soft: v.exactOptional(limit), hard: v.exactOptional(limit) })],
  `${LIMIT}, or { soft, hard } of these`,
);
const resources = Object.fromEntries(RESOURCES.map((name) => [name, v.exactOptional(resource)]));

/** What `zeek` may have. */
export const zeek = v.strictObject({
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

const size = v.custom<number | string>(
  (value) =>
    (typeof value === "number" || typeof value === "string") &&
    (byteCount(value) ?? 0) >= LEAST_MAX_SIZE,
  `must be a number of bytes, or one with K, M or G, of at least ${LEAST_MAX_SIZE}`,
);

/** What `output` may have. */
export const output = v.strictObject({
  file: filled,
  maxSize: v.exactOptional(size),
  keep: v.exactOptional(v.pipe(count, v.maxValue(MOST_KEPT))),
  compress: v.exactOptional(v.boolean()),
});

/** Everything that a configuration may have. */
export const schema = v.strictObject({
  name: v.string(),
  interface: v.exactOptional(filled),
  pcapFile: v.exactOptional(filled),
  directory: v.exactOptional(filled),
  stdoutFile: v.exactOptional(filled),
  stderrFile: v.exactOptional(filled),
  truncateOutput: v.exactOptional(v.boolean()),
  output: v.exactOptional(output),
  bareMode: v.exactOptional(v.boolean()),
  addlBaseScripts: v.exactOptional(v.array(filled)),
  addlUserScripts: v.exactOptional(v.array(filled)),
  env: v.exactOptional(dictionary(v.pipe(filled, v.regex(/^[^=]+$/, "no =")), text)),
  cpuAffinity: v.exactOptional(count),
  user: v.exactOptional(account),
  group: v.exactOptional(account),
  umask: v.exactOptional(
    v.pipe(
      v.union([v.string(), v.number()], UMASK),
      v.check((mask) => umaskText(mask) !== undefined, UMASK),
    ),
  ),
  nice: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(-20), v.maxValue(19))),
  limits: v.exactOptional(v.strictObject(resources)),
  memoryMax: v.exactOptional(
    v.pipe(
      v.union([v.number(), v.string()], SIZE),
      v.check((size) => (amountOf(size) ?? 0) > 0, SIZE),
    ),
  ),
  cpuMax: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(LEAST_CPUS))),
  tasksMax: v.exactOptional(positive),
  cluster: v.exactOptional(dictionary(v.string(), endpoint)),
  command: v.exactOptional(v.tupleWithRest([filled], text)),
  after: v.exactOptional(v.array(filled)),
  afterTimeout: v.exactOptional(milliseconds),
  ready: v.exactOptional(ready),
  health: v.exactOptional(health),
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

function isPattern(pattern: string, flags = ""): boolean {
  try {
    new RegExp(pattern, flags);
    // These two make a match depend on the one before.
    return !/[gy]/.test(flags);
  } catch {
    return false;
  }
}

function isSignal(value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(os.constants.signals, value);
}
