/**
 * A Zeek node and the Zeek Stem of its own that forks it, which to Coppice's Stem are one node: it
 * runs when the Zeek Stem has told its pid, and has died when either of the two has. What the Zeek
 * Stem would do then is not waited for: the pair is ended, and a fresh one started.
 */
import os from "node:os";
import path from "node:path";
import type { Exit } from "../core/revival.ts";
import { groupHasMembers, signalGroup } from "../os/signals.ts";
import { deathOf, type StemMessage } from "../zeek/stem-protocol.ts";
import type { StartOptions } from "./launcher.ts";
import { confinedPrefix, orphanPrefix } from "./prefix.ts";
import { failureText, Opened, type StartEvents, type StartOrder } from "./start.ts";
import { openPipe, sourceOf } from "./streams.ts";
import { ZeekLink } from "./zeek-link.ts";
import { ZeekOutputs } from "./zeek-outputs.ts";

export interface ZeekPairOrder {
  order: StartOrder;
  /** Where the node works: absolute. */
  directory: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** What has the Zeek Stem fork the node, with these files for its output. */
  message(outputs: { stdoutFile: string; stderrFile: string }): Uint8Array;
}

/** Calls back exactly once with `started` or `failed`, and never throws. */
export function startZeekPair(
  order: ZeekPairOrder,
  events: StartEvents,
  options: StartOptions,
): void {
  new ZeekPair(order, events, options).start();
}

type State =
  /** `why`: it has been given up, and is ended. */
  { tag: "starting"; why?: string } | { tag: "running"; pid: number } | { tag: "over" };

class ZeekPair {
  readonly #given: ZeekPairOrder;
  readonly #name: string;
  readonly #events: StartEvents;
  readonly #options: StartOptions;
  readonly #link = new ZeekLink((message) => this.#hear(message));
  readonly #outputs: ZeekOutputs;
  #state: State = { tag: "starting" };
  /** The Zeek Stem's pid, and so the number of the pair's process group. */
  #stem = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(given: ZeekPairOrder, events: StartEvents, options: StartOptions) {
    this.#given = given;
    this.#name = given.order.config.name;
    this.#events = events;
    this.#options = options;
    this.#outputs = new ZeekOutputs(this.#name);
  }

  start(): void {
    const opened = new Opened();
    try {
      this.#start(opened);
    } catch (error) {
      opened.discard();
      this.#fail(failureText(this.#name, error as Error));
    } finally {
      opened.close();
    }
  }

  #start(opened: Opened): void {
    const { order, directory, command, env, message } = this.#given;
    const { files, output, pipes, startProcess, tools } = this.#options;
    const place = this.#outputs.open(order, directory, pipes);
    const others = this.#link.open(pipes);
    files.write(order);
    const [stdout, stderr] = [openPipe(pipes, opened), openPipe(pipes, opened)];
    const confined = confinedPrefix(order.config, order.means ?? {});
    const [file = "", ...args] = [...confined, ...orphanPrefix(tools), ...command];
    const child = startProcess(
      // Not in the node's directory: a status file of its own must not be taken for the node's.
      { file, args, env, cwd: place, stdout: stdout.give, stderr: stderr.give, others },
      {
        started: (pid) => {
          this.#stem = pid;
          opened.handedOver();
        },
        failed: (error) => {
          opened.discard();
          this.#fail(failureText(this.#name, error));
        },
        exited: (exit) => this.#stemExited(exit),
      },
    );
    if (this.#stem === 0) return;
    // What it says itself, as when a script is not found before any node is there.
    output.add(this.#name, this.#stem, {
      stdout: sourceOf(stdout, child.stdout),
      stderr: sourceOf(stderr, child.stderr),
    });
    this.#timer = setTimeout(
      () => this.#giveUp(`Zeek's Stem started no node within ${LIMIT_MS / 1000} seconds`),
      LIMIT_MS,
    );
    const [stdoutFile, stderrFile] = [path.join(place, "stdout"), path.join(place, "stderr")];
    this.#link.begin(message({ stdoutFile, stderrFile }));
  }

  #hear(message: StemMessage): void {
    // Once it is over, a successor that the Zeek Stem has forked is no concern of ours: it is ended too.
    if (this.#state.tag === "over") return;
    switch (message.tag) {
      case "status":
        if (this.#state.tag !== "starting" || this.#state.why !== undefined) return;
        if (message.pid > 0) this.#started(message.pid);
        else this.#giveUp("Zeek's Stem could not fork it");
        return;
      case "error": {
        const death = deathOf(message.text, os.constants.signals);
        if (death !== undefined) this.#died(death.exit);
        else if (!message.text.startsWith(NO_NEW_GROUP)) this.#say(message.text);
        return;
      }
      case "debug":
      case "unknown":
        return;
      default:
        message satisfies never;
    }
  }

  #started(pid: number): void {
    clearTimeout(this.#timer);
    this.#state = { tag: "running", pid };
    this.#events.started(pid, this.#stem);
    const { order, directory } = this.#given;
    const files = this.#options.filesOf(order, pid, directory);
    this.#outputs.read(pid, this.#options.output, files);
  }

  #died(exit: Exit): void {
    if (this.#state.tag !== "running") return;
    const { pid } = this.#state;
    this.#state = { tag: "over" };
    this.#outputs.letGo();
    this.#events.exited(exit);
    this.#options.output.exited(pid, this.#stem);
  }

  /** What it said last is heard first, for it may have told how the node died. */
  #stemExited(exit: Exit): void {
    this.#link.drain();
    if (this.#state.tag === "running") this.#died(exit);
    else if (this.#state.tag === "starting") {
      const why = this.#state.why ?? `Zeek's Stem ${howItEnded(exit)}`;
      this.#fail(`node '${this.#name}' failed to start: ${why}`);
    }
    this.#options.output.exited(this.#stem);
    this.#close();
  }

  /** Of a start that has come to nothing: everything of it is killed, and then it has failed. */
  #giveUp(why: string): void {
    if (this.#state.tag !== "starting") return;
    this.#state = { tag: "starting", why };
    signalGroup(this.#stem, "SIGKILL");
  }

  #fail(text: string): void {
    this.#state = { tag: "over" };
    if (this.#stem > 0 && groupHasMembers(this.#stem)) signalGroup(this.#stem, "SIGKILL");
    this.#close();
    this.#say(text);
    this.#events.failed();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#link.close();
    this.#outputs.close();
  }

  #say(text: string): void {
    this.#options.output.say(this.#name, text);
  }
}

function howItEnded({ code, signal }: Exit): string {
  return signal === undefined ? `exited with status ${code}` : `was ended by ${signal}`;
}

const LIMIT_MS = 10_000;
/** It leads a session, and so a group, already: that it cannot make itself the leader is as it should be. */
const NO_NEW_GROUP = "failed to set stem process group";
