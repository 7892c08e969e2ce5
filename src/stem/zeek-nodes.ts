/** Starts Zeeks, in one of two ways that look the same to everyone else: executed, or by Zeek's own Stem. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "../core/config.ts";
import { identityVariables } from "../core/identity.ts";
import { runTool } from "../os/spawn.ts";
import { findExecutable } from "../os/tools.ts";
import { ZeekInstallations } from "../os/zeek-installation.ts";
import { places } from "../wire/stem-setup.ts";
import { type Circumstances, zeekCommand, zeekStemCommand } from "../zeek/command-line.ts";
import { type EnvironmentSources, zeekEnvironment } from "../zeek/environment.ts";
import { LOG_SCRIPT_FILE } from "../zeek/log-script.ts";
import { nodeJson } from "../zeek/node-json.ts";
import { createMessage } from "../zeek/stem-protocol.ts";
import { isSupervised } from "../zeek/supervised.ts";
import { backendProblem, type Version } from "../zeek/version.ts";
import { checkEnterable } from "./enterable.ts";
import type { StartOptions } from "./launcher.ts";
import { checkExecutable, type Program, startNodeProcess } from "./node-process.ts";
import { orphanPrefix } from "./prefix.ts";
import { failureText, ownerOf, type StartEvents, StartFailure, type StartOrder } from "./start.ts";
import { prepareZeekFiles } from "./zeek-files.ts";
import { STEM_VALUE } from "./zeek-link.ts";
import { startZeekPair, type ZeekPairOrder } from "./zeek-pair.ts";

/** What the Supervisor hands down to nodes, as far as it means something to a Zeek. */
interface HandedDown {
  directory: string;
  bareMode: boolean;
  ignoreChecksums: boolean;
}

export class ZeekNodes {
  readonly #options: StartOptions;
  readonly #installations: ZeekInstallations;
  /** What nodes were started with last, by name. */
  readonly #environments = new Map<string, NodeJS.ProcessEnv>();
  #handedDown: HandedDown | undefined;
  #stdbuf: readonly string[] | undefined;

  constructor(options: StartOptions) {
    this.#options = options;
    this.#installations = new ZeekInstallations(orphanPrefix(options.tools));
  }

  /** Calls back exactly once with `started` or `failed`, and never throws. */
  start(order: StartOrder, events: StartEvents): void {
    this.#prepare(order).then(
      (zeek) => {
        if ("program" in zeek) startNodeProcess(order, () => zeek.program, events, this.#options);
        else startZeekPair(zeek.pair, events, this.#options);
      },
      (error: Error) => {
        const { name } = order.config;
        this.#options.output.say(name, failureText(name, error));
        events.failed();
      },
    );
  }

  forget(name: string): void {
    this.#environments.delete(name);
    const generated = this.#generated(name);
    fs.rmSync(generated, { recursive: true, force: true });
    try {
      fs.rmdirSync(path.dirname(generated));
    } catch {
      // There are others, or there never was one.
    }
  }

  environmentOf(config: NodeConfig): NodeJS.ProcessEnv {
    return this.#environments.get(config.name) ?? { ...this.#options.env, ...config.env };
  }

  /** @throws StartFailure, and what is told of an installation that is not right (rejections) */
  async #prepare(order: StartOrder): Promise<{ program: Program } | { pair: ZeekPairOrder }> {
    const { name } = order.config;
    const { env: inherited, files } = this.#options;
    const handedDown = this.#whatIsHandedDown();
    const base = handedDown.directory;
    const directory = path.resolve(order.config.directory ?? ".");
    checkEnterable(name, directory);
    // Over what the user says: by it processes of this node are found after a Stem has died.
    const who = order.means?.identity;
    const env = {
      ...(who && identityVariables(who)),
      ...order.config.env,
      COPPICE_NODE: files.file(name),
    };
    const sources = { inherited, generated: this.#generated(name), base };
    const asked = { ...order.config, env };
    const early = zeekEnvironment(asked, { ...sources, zeekPath: [] });
    const executable = locate(asked, early, base);
    const { version, zeekPath } = await this.#installations.of(executable, early);
    const config = { ...asked, zeek: { ...asked.zeek, executable } };
    const problem = backendProblem(config.zeek.backend, version);
    if (problem !== undefined) throw new StartFailure(`node '${name}' failed to start: ${problem}`);
    const owner = ownerOf(order);
    prepareZeekFiles(config, { directory, generated: sources.generated, base, owner });
    const given: Circumstances = {
      executable,
      version,
      bareMode: handedDown.bareMode,
      ignoreChecksums: handedDown.ignoreChecksums,
      logScript: path.join(sources.generated, LOG_SCRIPT_FILE),
      base,
    };
    const environment = (more: Partial<EnvironmentSources>) =>
      zeekEnvironment(config, { ...sources, zeekPath, ...more });
    const own = environment({});
    this.#environments.set(name, own);
    checkExecutable(name, { command: config.zeek.wrapper ?? [executable], env: own, directory });
    if (!this.#takesStem(config, version)) {
      const command = [...this.#lineByLine(name), ...zeekCommand(config, given)];
      return { program: { directory, command, env: own } };
    }
    return {
      pair: {
        order,
        directory,
        command: zeekStemCommand(config, given),
        env: environment({ stem: STEM_VALUE }),
        message: (outputs) =>
          createMessage(name, nodeJson(config, { directory, base, ...outputs })),
      },
    };
  }

  /** Without named pipes nothing can be said to Zeek's Stem. */
  #takesStem(config: NodeConfig, version: Version): boolean {
    if (!isSupervised(config, version)) return false;
    if (this.#options.tools.mkfifo !== undefined) return true;
    if (config.zeek?.supervised === undefined) return false;
    throw new StartFailure(
      `node '${config.name}' failed to start: without mkfifo (coreutils) no Zeek is supervised here: leave 'zeek.supervised' out`,
    );
  }

  /**
   * What has an executed Zeek print line by line. Without it output comes in blocks of some thousand
   * bytes, and what is not yet one is lost in a crash.
   */
  #lineByLine(name: string): readonly string[] {
    if (this.#stdbuf !== undefined) return this.#stdbuf;
    const { output, tools } = this.#options;
    const { stdbuf } = tools;
    const option = "--output=L";
    // It works by a library of its own, which small systems leave out.
    const works = stdbuf !== undefined && runTool(stdbuf, [option, "true"]).ok;
    if (!works) output.say(name, NO_STDBUF);
    this.#stdbuf = works ? [stdbuf, option] : [];
    return this.#stdbuf;
  }

  #generated(name: string): string {
    return path.join(this.#options.stateDirectory, places.zeek, name);
  }

  #whatIsHandedDown(): HandedDown {
    const file = path.join(this.#options.stateDirectory, places.args);
    this.#handedDown ??= JSON.parse(fs.readFileSync(file, "utf8")) as HandedDown;
    return this.#handedDown;
  }
}

/** @throws StartFailure */
function locate({ name, zeek }: NodeConfig, env: NodeJS.ProcessEnv, base: string): string {
  const { executable = "zeek" } = zeek ?? {};
  const found = findExecutable(executable, env["PATH"], base);
  if ("file" in found) return found.file;
  throw new StartFailure(`node '${name}' failed to execute ${executable}: ${found.problem}`);
}

const NO_STDBUF =
  "warning: no stdbuf (coreutils) that works here: what an executed Zeek prints to stdout comes late";
