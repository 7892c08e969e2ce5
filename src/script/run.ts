/** The life of a process that runs scripts and is no Supervisor: load, `init`, …, `done`. */
import { closeAll, startEnding } from "./closing.ts";
import { describe, onHandlerError, raise } from "./lifecycle.ts";
import { loadScripts } from "./load.ts";
import { flushCompileCache } from "./options.ts";

export interface ScriptProcess {
  /** Ends in order: `done` is raised, then the process exits with `status`. Only the first call counts. */
  end(status?: number): void;
  /**
   * Loads the scripts and raises `init`.
   * @param beforeInit done when all scripts are loaded
   * @throws ScriptError, and what `beforeInit` throws
   */
  run(
    scripts: readonly string[],
    exec: readonly string[],
    beforeInit?: () => Promise<void>,
  ): Promise<void>;
}

/**
 * @param onSignal what to say on SIGTERM and SIGINT. Handlers are in place before any script is
 *   loaded, so that one that hangs can be ended.
 */
export function scriptProcess(onSignal: () => void): ScriptProcess {
  let ending = false;
  let failed = false;
  onHandlerError((error, where) => {
    failed = true;
    console.error(`error: ${where}: ${describe(error)}`);
    end(1);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (!ending) onSignal();
      end();
    });
  }
  process.on("beforeExit", () => end());
  // What reads our output may go before us; that is no reason not to end in order.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    end,
    async run(scripts, exec, beforeInit = async () => {}) {
      await loadScripts(scripts, exec);
      if (!ending) await beforeInit();
      flushCompileCache();
      if (!ending) await raise("init");
    },
  };

  function end(status = 0): void {
    if (ending) return;
    ending = true;
    startEnding();
    void raise("done")
      .then(closeAll)
      .then(flush)
      .then(() => process.exit(failed ? 1 : status));
  }
}

/** On a pipe Node.js writes what does not fit at once in the background, and exits without it. */
async function flush(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(
    streams.map((stream) => new Promise<void>((flushed) => stream.write("", () => flushed()))),
  );
}

/** What a process says when it is told to end (Zeek's words). */
export function sayTerminated(): void {
  console.error("received termination signal");
}
