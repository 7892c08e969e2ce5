/** The replacement of this process's image, on the real parts of a tree: see ./reload.ts for when what is done. */
import path from "node:path";
import { ReloadError } from "../../errors.ts";
import { processId } from "../../os/process-table.ts";
import { errnoText } from "../../os/tools.ts";
import { within } from "../../os/within.ts";
import type { History } from "../../output/history.ts";
import type { Sink } from "../../output/sink.ts";
import { closeAll } from "../../script/closing.ts";
import { raise } from "../../script/lifecycle.ts";
import { places } from "../../wire/stem-setup.ts";
import type { Ending } from "../ending.ts";
import type { LinkServer } from "../link/link-server.ts";
import type { OutputReceiver } from "../output/output-receiver.ts";
import type { RemoteControl } from "../remote-control.ts";
import type { StateDirectory } from "../state-directory.ts";
import type { Supervisor } from "../supervisor.ts";
import { askRehearsal } from "./ask-rehearsal.ts";
import { writeHandover } from "./handover.ts";
import type { Invocation } from "./invocation.ts";
import type { ReloadPorts } from "./reload.ts";
import { leaveSuccessor } from "./successor.ts";

export interface ReplacingParts {
  invocation: Invocation;
  state: StateDirectory;
  supervisor: Supervisor;
  link: LinkServer;
  receiver: OutputReceiver;
  sinks: readonly Sink[];
  history: History;
  /** Prints what is left of lines that scripts have begun to print. */
  endLines(): void;
  evidence: { flush(ms: number): Promise<void> };
  /** Whether the next Supervisor would find the Stem. */
  isStemRecorded(): boolean;
  say(text: string): void;
  control(): RemoteControl;
  ending(): Ending;
  instance: string;
  /** How often it was done before. */
  reloads: number;
}

/** How long what scripts have opened may take to close, and how long connections: they are made again (ms). */
const CLOSE_MS = 2_000;
const CONNECTIONS_MS = 200;

export function reloadPorts(parts: ReplacingParts): ReloadPorts {
  const { invocation, state, supervisor, link, receiver, sinks, history } = parts;
  const flushed = (): Promise<unknown> =>
    Promise.all(sinks.map((sink) => new Promise<void>((idle) => sink.whenIdle(idle))));
  let rehearsalOver = Promise.resolve();
  return {
    async rehearse(purpose) {
      if (process.execve === undefined)
        throw new ReloadError(`Node.js ${process.version} cannot replace a process's image`);
      const order = { stateDirectory: state.path, purpose };
      const { rehearsed, over } = await askRehearsal(invocation, order);
      rehearsalOver = over;
      return rehearsed;
    },
    present: () => supervisor.present(),
    isEnding: () => parts.ending().hasBegun,
    prepare(next) {
      const file = state.file(places.successor);
      try {
        leaveSuccessor(file, { ...next, invocation });
      } catch (error) {
        const reason = errnoText(error as NodeJS.ErrnoException);
        throw new ReloadError(`cannot write ${file}: ${reason}`);
      }
    },
    tellScripts: () => raise("reload"),
    hold(ms) {
      // The next image finds the Stem by what is written of it.
      if (!parts.isStemRecorded() || !supervisor.hold(ms)) return false;
      receiver.hold();
      link.hold();
      return true;
    },
    async drained() {
      await new Promise<void>((idle) => receiver.whenIdle(idle));
      await flushed();
    },
    resume() {
      receiver.release();
      link.release();
    },
    async close() {
      parts.endLines();
      await within(
        CLOSE_MS,
        Promise.allSettled([
          parts.control().close(CONNECTIONS_MS),
          parts.evidence.flush(CONNECTIONS_MS),
          closeAll(),
          flushed(),
          // The next image knows nothing of its child.
          rehearsalOver,
        ]),
        () => {},
      );
    },
    leave({ rolling }) {
      const file = state.file(places.handover);
      try {
        writeHandover(file, {
          supervisor: processId(process.pid),
          instance: parts.instance,
          reloads: parts.reloads + 1,
          ...(rolling === undefined ? {} : { rolling }),
          unfinished: receiver.unfinished,
          printedReady: supervisor.printedAndUnheard(),
          history: history.dump(),
        });
      } catch (error) {
        // There is no way back any more, and the tree matters more than its last lines.
        const reason = errnoText(error as NodeJS.ErrnoException);
        parts.say(`warning: cannot write ${file}: ${reason}: the nodes' last lines are forgotten`);
      }
    },
    replace({ image }) {
      const { executable, nodeOptions, directory, env } = invocation;
      const main = path.join(image, "supervisor", "resumed.js");
      process.chdir(directory);
      process.execve?.(executable, [executable, ...nodeOptions, main, state.path], env);
    },
  };
}
