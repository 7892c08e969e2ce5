/** What there is to know of an installed Zeek before one is started: asked of it, and of zeek-config. */
import fs from "node:fs";
import path from "node:path";
import { compareVersions, parseVersion, type Version } from "../zeek/version.ts";
import { type Answer, ask } from "./ask.ts";
import { findExecutable } from "./tools.ts";

export interface ZeekInstallation {
  version: Version;
  /** Where it looks for scripts by itself. */
  zeekPath: readonly string[];
  /** Where it was installed. */
  prefix: string;
}

export class ZeekInstallations {
  readonly #prefix: readonly string[];
  readonly #known = new Map<string, { file: string; installation: Promise<ZeekInstallation> }>();

  /** @param prefix what comes before a command so that the kernel ends it with its parent */
  constructor(prefix: readonly string[]) {
    this.#prefix = prefix;
  }

  /**
   * Asked once of each file: one that has been replaced since is asked again.
   * @param executable absolute; @param env of the one who asks, ZEEK_STEM not in it
   * @throws an error whose message is one line (a rejection), within 9 seconds
   */
  of(executable: string, env: NodeJS.ProcessEnv): Promise<ZeekInstallation> {
    const file = identityOf(executable);
    const known = this.#known.get(executable);
    if (known?.file === file) return known.installation;
    const installation = this.#ask(executable, env);
    this.#known.set(executable, { file, installation });
    installation.catch(() => {
      if (this.#known.get(executable)?.installation === installation)
        this.#known.delete(executable);
    });
    return installation;
  }

  async #ask(executable: string, env: NodeJS.ProcessEnv): Promise<ZeekInstallation> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const question = [executable, "--version"];
    const answer = await this.#answer(question, env, signal);
    const version = versionIn(answer.output);
    if (answer.code !== 0 || version === undefined)
      throw new Error(`${question.join(" ")} ${howItWent(answer)}`);
    return { version, ...(await this.#places(executable, version, env, signal)) };
  }

  async #places(
    executable: string,
    version: Version,
    env: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ): Promise<Pick<ZeekInstallation, "zeekPath" | "prefix">> {
    const real = fs.realpathSync(executable);
    const beside = [executable, real].map((file) => path.join(path.dirname(file), ZEEK_CONFIG));
    const found = findExecutable(ZEEK_CONFIG, env["PATH"], "/");
    for (const config of new Set([...beside, ...("file" in found ? [found.file] : [])])) {
      if (!fs.existsSync(config)) continue;
      const question = [config, "--version", "--zeekpath", "--prefix"];
      const { code, output } = await this.#answer(question, env, signal);
      const [versionLine = "", pathLine = "", prefixLine = ""] = output.split("\n");
      const itsVersion = parseVersion(versionLine);
      // One on the search path may be another Zeek's.
      const fits = itsVersion !== undefined && compareVersions(itsVersion, version) === 0;
      if (code !== 0 || !fits || pathLine === "") continue;
      const prefix = path.isAbsolute(prefixLine) ? prefixLine : prefixOf(real);
      return { zeekPath: pathLine.split(":"), prefix };
    }
    return { zeekPath: defaultPath(prefixOf(real)), prefix: prefixOf(real) };
  }

  async #answer(
    question: readonly string[],
    env: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      return await ask([...this.#prefix, ...question], { env, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`${question.join(" ")} did not answer within ${LIMIT_MS / 1000} seconds`);
    }
  }
}

/** Changes when the file does. */
function identityOf(executable: string): string {
  const real = fs.realpathSync(executable);
  const { mtimeMs, size, ino } = fs.statSync(real);
  return [real, mtimeMs, size, ino].join(" ");
}

/** "/opt/zeek/bin/zeek version 8.2.2": it says by what name it was called. */
function versionIn(output: string): Version | undefined {
  const match = /(?:^|\s)version (\S+)/.exec(output);
  return match?.[1] === undefined ? undefined : parseVersion(match[1]);
}

function howItWent({ code, signal, output }: Answer): string {
  const [line = ""] = output.trim().split("\n");
  const words = line === "" ? "" : `: ${line.slice(0, 200)}`;
  if (signal !== undefined) return `was ended by ${signal}${words}`;
  return code === 0 ? `tells no version${words}` : `exited with status ${code}${words}`;
}

/** PREFIX/bin/zeek. */
function prefixOf(executable: string): string {
  return path.dirname(path.dirname(executable));
}

/** As Zeek is built to look for scripts. */
function defaultPath(prefix: string): readonly string[] {
  const share = path.join(prefix, "share/zeek");
  return [".", share, ...["policy", "site", "builtin-plugins"].map((name) => `${share}/${name}`)];
}

const ZEEK_CONFIG = "zeek-config";
const LIMIT_MS = 9_000;
