/** Nodes of every kind, and what may be expected of each. */
import path from "node:path";
import type { NodeConfig } from "coppice";
import { CHECK } from "../processes.ts";

export interface Kind {
  config: NodeConfig;
  /**
   * `lasts`: its process ends only if something was done to it. `returns`: it ends by itself, and is
   * to come back. `ends`: it is done when it has ended.
   */
  life: "lasts" | "returns" | "ends";
  /** Where its numbered lines are. */
  lines: "supervisor" | "files" | "rotated" | "cramped" | "none";
  /** Whose failures keep it from starting. */
  after?: string;
}

export interface Surroundings {
  /** Of the run. */
  directory: string;
  /** Where what is written soon has no room; undefined where none can be made. */
  cramped: string | undefined;
  /** A Zeek, or what stands in for one. */
  zeek?: string;
  isRoot: boolean;
  hasCgroups: boolean;
}

/** How the names of nodes begin that come and go, and print all they can. */
export const FLOOD = "flood-";
/** A node that dies at once comes back after this time, and not later as often as it may (ms). */
export const DELAY_MS = 500;
const REVIVAL = { delay: DELAY_MS, factor: 1 };
/** Long enough that SIGTERM is tried first, and short enough to be tried often. */
const STOP = { interval: 300, attempts: 3 };

export function kindsOf(surroundings: Surroundings): Kind[] {
  const { directory, cramped, zeek, isRoot, hasCgroups } = surroundings;
  const sh = (code: string): string[] => [
    "/bin/sh",
    "-c",
    `. ${path.join(directory, "node.sh")}; ${code}`,
  ];
  const make = (
    name: string,
    command: string[] | undefined,
    more: Omit<Partial<Kind>, "config"> & { config?: Partial<NodeConfig> } = {},
  ): Kind => ({
    life: "lasts",
    lines: "supervisor",
    ...more,
    config: {
      name,
      ...(command && { command }),
      revival: REVIVAL,
      stop: STOP,
      ...more.config,
      env: { CHAOS_NODE: name, CHAOS_EDITION: "1", ...more.config?.env },
    },
  });
  const counting = "while :; do say 4; sleep 0.4; done";
  const kinds = [
    make("script-a", undefined),
    make("script-b", undefined, {
      config: { health: { heartbeat: true, interval: 1_000, timeout: 2_000, failures: 2 } },
    }),
    make("counter-1", sh(counting)),
    make("counter-2", sh(counting), { config: { cpuAffinity: 0, nice: 3 } }),
    make("counter-3", sh(counting), { config: { limits: { core: 0, nofile: 256 }, umask: "027" } }),
    make("first", sh(`say 1; sleep 0.2; echo >&5; ${counting}`), { config: { ready: { fd: 5 } } }),
    make("second", sh(counting), {
      after: "first",
      config: {
        after: ["first"],
        afterTimeout: 60_000,
        ready: { line: "^~ second \\S+ 4 \\.$" },
      },
    }),
    make("third", sh(counting), {
      after: "second",
      config: { after: ["second"], afterTimeout: 60_000 },
    }),
    make("deaf", sh(`trap '' TERM; ${counting}`)),
    // What it starts outlives it, and heeds nothing, unless the whole group is ended.
    make("parent", sh(`(trap '' TERM HUP; while :; do sleep 5; done) & ${counting}`)),
    make("beating", sh("while :; do say 2; echo >&7; sleep 0.3; done"), {
      config: { health: { heartbeat: { fd: 7 }, interval: 500, timeout: 2_500, failures: 2 } },
    }),
    make("checked", sh(counting), {
      config: {
        health: {
          command: ["/bin/sh", "-c", `: ${CHECK}; test -d "$CHAOS_DIR/progress"`],
          interval: 1_000,
          timeout: 5_000,
          failures: 3,
        },
      },
    }),
    make("crasher", sh("say 3; sleep 0.9; say 1; exit 3"), { life: "returns" }),
    // It dies at once, each time: the delay alone keeps it from using up the machine.
    make("mayfly", sh("say 1; exit 1"), { life: "returns" }),
    make("task", sh("say 5; sleep 0.3; exit 0"), {
      life: "ends",
      config: { revival: { ...REVIVAL, when: "failure" } },
    }),
    make("tooled", [path.join(directory, "tool"), "run"]),
    make("housed", sh(counting), { config: { directory: path.join(directory, "house") } }),
    make("straight", sh(counting), {
      lines: "files",
      config: { directory: path.join(directory, "files"), stdoutFile: "out", stderrFile: "err" },
    }),
    make("rotated", sh("while :; do say 8; sleep 0.4; done"), {
      lines: "rotated",
      config: {
        directory: path.join(directory, "files"),
        output: { file: "rotated", maxSize: "8K", keep: 999 },
      },
    }),
  ];
  if (cramped !== undefined)
    kinds.push(
      make("cramped", sh("while :; do say 8; sleep 0.4; done"), {
        lines: "cramped",
        config: { directory: cramped, output: { file: "log", maxSize: "100K", keep: 3 } },
      }),
    );
  if (zeek !== undefined)
    kinds.push(
      make("zeek", undefined, {
        lines: "none",
        config: {
          directory: path.join(directory, "zeek"),
          interface: "lo",
          zeek: { executable: zeek, supervised: false },
          env: { STANDIN_NO_FIXED_PORTS: "1" },
        },
      }),
    );
  if (isRoot) kinds.push(make("nobody", sh(counting), { config: { user: "nobody" } }));
  if (hasCgroups)
    kinds.push(
      // In a session of its own: only its control group still says whose it is.
      make(
        "wild",
        sh(
          `CHAOS_NODE=wild+child setsid sh -c "trap '' TERM HUP; exec 9<&-; sleep 1000" & ${counting}`,
        ),
      ),
    );
  return kinds;
}

/** What 'tooled' is: a file of its own, so that it can be taken away. */
export function toolOf(directory: string): string {
  const prelude = path.join(directory, "node.sh");
  return `#!/bin/sh\n. ${prelude}\nwhile :; do say 4; sleep 0.4; done\n`;
}
