/** A file that is rotated has one node that writes to it: another's lines would be moved with it. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../../core/config.ts";
import { currentName } from "../../core/output-file.ts";
import type { Asked } from "../roster/members.ts";

interface Claim {
  file: string;
  isRotated: boolean;
}

/** What a node has to do with a file: rotates it, writes to it, or has something that looks like an old one of it. */
type Use = "rotates" | "writes" | "resembles";

/** Which nodes have which output files. What one more node costs does not depend on how many there are. */
export class OutputClaims implements Asked {
  /** The names of nodes, by what they have to do with a file, and the file. */
  readonly #users = new Map<string, Set<string>>();
  readonly #present = new Map<string, readonly Claim[]>();
  /** What was checked is added next, and need not be looked up again. */
  readonly #checked = new WeakMap<NodeConfig, readonly Claim[]>();

  /** Says which other node has the file, or an old one of it, that this one's output is to go to. */
  clash(config: NodeConfig): string | undefined {
    const own = claimsOf(config);
    this.#checked.set(config, own);
    for (const claim of own) {
      for (const key of rivalsOf(claim)) {
        const [other] = this.#users.get(key) ?? [];
        if (other !== undefined)
          return `node '${config.name}': its output would mix with that of node '${other}' in ${claim.file}: choose another file`;
      }
    }
    return undefined;
  }

  /** A node is asked for, or is to have another configuration from here on. */
  came(config: NodeConfig): void {
    this.left(config.name);
    const claims = this.#checked.get(config) ?? claimsOf(config);
    if (claims.length === 0) return;
    this.#present.set(config.name, claims);
    for (const key of claims.flatMap(usesOf)) {
      const users = this.#users.get(key);
      if (users === undefined) this.#users.set(key, new Set([config.name]));
      else users.add(config.name);
    }
  }

  /** Nobody asks for the node of that name any more. */
  left(name: string): void {
    for (const key of this.#present.get(name)?.flatMap(usesOf) ?? []) {
      const users = this.#users.get(key);
      if (users?.delete(name) && users.size === 0) this.#users.delete(key);
    }
    this.#present.delete(name);
  }
}

function claimsOf({ directory, output, stdoutFile, stderrFile }: NodeConfig): Claim[] {
  const claim = (file: string | undefined, isRotated: boolean): Claim[] => {
    if (file === undefined) return [];
    const { dir, base } = path.parse(path.resolve(directory ?? ".", file));
    return [{ file: path.join(real(dir), base), isRotated }];
  };
  return [...claim(output?.file, true), ...claim(stdoutFile, false), ...claim(stderrFile, false)];
}

function usesOf({ file, isRotated }: Claim): string[] {
  const current = currentFile(file);
  return [
    keyOf(isRotated ? "rotates" : "writes", file),
    ...(current === undefined ? [] : [keyOf("resembles", current)]),
  ];
}

/** Under what those are to be found that such a claim cannot be beside. */
function rivalsOf({ file, isRotated }: Claim): string[] {
  const current = currentFile(file);
  return [
    keyOf("rotates", file),
    ...(current === undefined ? [] : [keyOf("rotates", current)]),
    ...(isRotated ? [keyOf("writes", file), keyOf("resembles", file)] : []),
  ];
}

/** The file that one would be an old one of, by its name. */
function currentFile(file: string): string | undefined {
  const name = currentName(path.basename(file));
  return name === undefined ? undefined : path.join(path.dirname(file), name);
}

function keyOf(use: Use, file: string): string {
  return `${use} ${file}`;
}

/** One directory may have several names. Of one that is not there yet, those above it may. */
function real(directory: string): string {
  try {
    return fs.realpathSync.native(directory);
  } catch {
    const { dir, base } = path.parse(directory);
    return base === "" ? directory : path.join(real(dir), base);
  }
}
