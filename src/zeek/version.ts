/** Zeek's versions, and what follows from them. */
import type { ZeekConfig } from "../core/config.ts";

/** Comparable with `compareVersions`. */
export interface Version {
  major: number;
  minor: number;
  patch: number;
  /** Of a version before the release that it is named after: "dev" comes before "beta" and "rc". */
  before?: { stage: Stage; number: number };
}

type Stage = "dev" | "beta" | "rc";

/** Reads "8.2.2", "9.1.0-dev.12", or what `zeek --version` says: "zeek version 8.2.2-dev.45-debug". */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text.trim());
  if (match === null) return undefined;
  const [, major, minor, patch = "0", stage, number = "0"] = match;
  const release = { major: Number(major), minor: Number(minor), patch: Number(patch) };
  if (stage === undefined) return release;
  return { ...release, before: { stage: stage as Stage, number: Number(number) } };
}

/** "8.2.2", "9.1.0-dev.12": what `parseVersion` reads. */
export function versionText({ major, minor, patch, before }: Version): string {
  const release = `${major}.${minor}.${patch}`;
  if (before === undefined) return release;
  const { stage, number } = before;
  // As Zeek writes them: 9.0.0-rc1, but 9.1.0-dev.12.
  return `${release}-${stage}${stage === "dev" ? "." : ""}${number}`;
}

/** @returns less than 0 if `a` is older, more than 0 if it is newer */
export function compareVersions(a: Version, b: Version): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    stageOf(a) - stageOf(b) ||
    (a.before?.number ?? 0) - (b.before?.number ?? 0)
  );
}

/**
 * Whether nodes are started through Zeek's own Stem where nothing else is said. The protocol was seen
 * at work with 8.2.2; the records of nodes have had the layout that is sent here since 7.0.
 */
export function allowsStem(version: Version): boolean {
  return isSince(version, 7, 0);
}

/** The operands that load a cluster's backend: what a version needs that has none by itself. */
export function defaultBackend(version: Version): readonly string[] {
  return isSince(version, 8, 1) ? backendOperands("zeromq", version) : [];
}

/** The operands that load a backend by its name; `undefined`: the version's default. */
export function backendOperands(
  backend: ZeekConfig["backend"],
  version: Version,
): readonly string[] {
  if (backend === undefined) return defaultBackend(version);
  if (typeof backend !== "string") return backend;
  switch (backend) {
    case "none":
      return [];
    case "broker":
      // What Zeek takes by itself before 8.1.
      return isSince(version, 8, 1) ? ["frameworks/cluster/backend/broker"] : [];
    case "zeromq":
      return [`frameworks/cluster/backend/zeromq${isSince(version, 8, 1) ? "" : "/connect"}`];
    default:
      return backend satisfies never;
  }
}

/** Says why a version cannot have a backend. */
export function backendProblem(
  backend: ZeekConfig["backend"],
  version: Version,
): string | undefined {
  if (backend !== "zeromq" || isSince(version, 7, 1)) return undefined;
  return `Zeek ${version.major}.${version.minor} has no ZeroMQ backend: leave 'backend' out, or take 7.1 or later`;
}

/** Whether an installed Zeek is of a version or a later one; what is no version counts as the newest. */
export function isAtLeast(installed: string, major: number, minor: number): boolean {
  const version = parseVersion(installed);
  return version === undefined || isSince(version, major, minor);
}

/** A version on the way to a release counts as that release: features come first, releases last. */
function isSince(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

function stageOf({ before }: Version): number {
  return before === undefined ? STAGES.length : STAGES.indexOf(before.stage);
}

const STAGES: readonly Stage[] = ["dev", "beta", "rc"];
const VERSION =
  /^(?:zeek version )?v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:-(dev|beta|rc)\.?(\d{1,9})?)?(?![\d])/;
