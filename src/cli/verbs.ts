/** The verbs of the command line: help, completions and the command itself are made from this. */
import { nearest } from "../core/nearest.ts";
import { TIMEOUT } from "./common-options.ts";
import { CONFIG_OPTIONS } from "./config-options.ts";
import type { Verb } from "./verb.ts";
import { ZEEK_DETAILS, ZEEK_OPTIONS } from "./zeek/options.ts";

const ALL_NODES = { type: "boolean", short: "a", text: "all nodes" } as const;
const GROUPS_HELP = `GROUP is all or, by the nodes' roles in their layout, manager, loggers, proxies or workers.
A node that is really called so is meant rather than the group.
`;

export const VERBS: readonly Verb[] = [
  {
    name: "status",
    summary: "show the nodes, and what is wrong",
    operands: "[NODE|GROUP...]",
    completes: "groups",
    options: {
      watch: { type: "boolean", short: "w", text: "again and again, until Ctrl-C" },
      timeout: { ...TIMEOUT, text: "how long to wait for an answer (default: 10)" },
    },
    details: GROUPS_HELP,
    load: () => import("./verbs/status.ts"),
  },
  {
    name: "top",
    summary: "the tree on the screen: who runs and uses what; orders by single keys",
    operands: "[NODE|GROUP...]",
    completes: "groups",
    options: {
      sort: {
        type: "string",
        value: "BY",
        text: "name, cpu, memory or uptime (default: name)",
        completes: ["name", "cpu", "memory", "uptime"],
      },
      timeout: { ...TIMEOUT, text: "how long to wait for an answer (default: 3)" },
    },
    details: `Keys: arrows, PgUp, PgDn, Home, End choose a node; n, c, m, u sort; / looks for a name, role or
state; r restarts, s stops, S starts, k destroys (and asks first), l shows last lines; q ends this.
Without a terminal: one table, after a second. With --json: an object each second, until the end.
${GROUPS_HELP}`,
    load: () => import("./verbs/top.ts"),
  },
  {
    name: "create",
    summary: "start new nodes",
    operands: "NAME [-- COMMAND ARG...] | FILE | -",
    completes: "files",
    options: { ...CONFIG_OPTIONS, timeout: TIMEOUT },
    details: `An operand with a / in it, - (stdin), or one that ends in .json, .ts, .mts, .js or .mjs is a file:
one configuration, or a list of them; in JSON, or what a script exports as default, nodes or node.
Without a command a node runs the Supervisor's scripts. Relative paths start where you are.
`,
    load: () => import("./verbs/create.ts"),
  },
  {
    name: "destroy",
    summary: "end nodes, and forget them",
    operands: "NODE|GROUP... | --all",
    completes: "groups",
    options: { all: ALL_NODES, timeout: TIMEOUT },
    details: GROUPS_HELP,
    load: () => import("./verbs/destroy.ts"),
  },
  {
    name: "restart",
    summary: "end nodes, and start them again",
    operands: "NODE|GROUP... | --all",
    completes: "groups",
    options: { all: ALL_NODES, timeout: TIMEOUT },
    details: GROUPS_HELP,
    load: () => import("./verbs/restart.ts"),
  },
  {
    name: "start",
    summary: "start nodes that were stopped",
    operands: "[NODE|GROUP... | --all]",
    completes: "groups",
    options: { all: ALL_NODES, timeout: TIMEOUT },
    details: `Without operands: all that are stopped. One that waits for its revival starts at once if named.
${GROUPS_HELP}`,
    load: () => import("./verbs/start.ts"),
  },
  {
    name: "stop",
    summary: "end nodes that stay known, or the whole tree",
    operands: "[NODE|GROUP... | --all]",
    completes: "groups",
    options: { all: ALL_NODES, timeout: TIMEOUT },
    details: `Without operands the whole tree ends, the Supervisor too. Nodes that are stopped stay so until
coppice start or restart, even if the Stem dies meanwhile.
${GROUPS_HELP}`,
    load: () => import("./verbs/stop.ts"),
  },
  {
    name: "plan",
    summary: "show what a reload would change, and why",
    operands: "",
    options: { timeout: { ...TIMEOUT, text: "how long to wait for it (default: 60)" } },
    details: `The scripts, as they are on disk now, are run apart to see which nodes they create.
Nothing is changed.
`,
    load: () => import("./verbs/plan.ts"),
  },
  {
    name: "reload",
    summary: "have the scripts read anew, by the newest Coppice on disk; nodes go on",
    operands: "",
    options: {
      rolling: {
        type: "string",
        value: "N",
        text: "replace so many nodes at a time, each ready first (default: all)",
      },
      timeout: TIMEOUT,
    },
    details: `The Supervisor replaces itself, as the same process. Nodes whose configuration is the same are not
touched, those that the scripts no longer create end, but for those created by remote control.
A script that fails leaves everything as it was. coppice plan shows what would change.
`,
    load: () => import("./verbs/reload.ts"),
  },
  {
    name: "logs",
    summary: "show what nodes have printed",
    operands: "[NODE|GROUP...]",
    completes: "groups",
    options: {
      follow: { type: "boolean", short: "f", text: "go on with what they print, until Ctrl-C" },
      lines: {
        type: "string",
        short: "n",
        value: "N|all",
        text: "how many of each node's last lines (default: 10)",
      },
      stream: {
        type: "string",
        value: "STREAM",
        text: "only stdout, or only stderr",
        completes: ["stdout", "stderr"],
      },
    },
    details: GROUPS_HELP,
    load: () => import("./verbs/logs.ts"),
  },
  {
    name: "events",
    summary: "tell what happens, until Ctrl-C",
    operands: "[NODE|GROUP...]",
    completes: "groups",
    options: {},
    details: GROUPS_HELP,
    load: () => import("./verbs/events.ts"),
  },
  {
    name: "crashes",
    summary: "tell what has crashed, and what is known of it",
    operands: "[NODE...] | show ID",
    completes: { words: ["show"], or: "nodes" },
    options: { timeout: { ...TIMEOUT, text: "how long to wait for an answer (default: 10)" } },
    details: `coppice crashes [NODE...]  lists the crashes that are kept, the newest last
coppice crashes show ID    shows one: how it ended, its last lines, its configuration, what it used

Where no Supervisor runs, what its state directory holds is told. For a node that is really called
show: coppice crashes -- show.
`,
    load: () => import("./verbs/crashes.ts"),
  },
  {
    name: "console",
    summary: "print where a browser finds the console: the tree as a page",
    operands: "",
    options: { timeout: TIMEOUT },
    details: `The Supervisor serves it where WebSocket clients may connect: coppice -j --websocket PORT …
If clients must show a token, the page asks for it. To open it: xdg-open "$(coppice console)"
`,
    load: () => import("./verbs/console.ts"),
  },
  {
    name: "wait",
    summary: "wait until a node runs, is ready, or does not run any more",
    operands: "NODE --for running|ready|stopped",
    completes: "nodes",
    options: {
      for: {
        type: "string",
        value: "STATE",
        text: "running: a process runs; ready: and is ready; stopped: none does, nor will",
        completes: ["running", "ready", "stopped"],
      },
      timeout: { ...TIMEOUT, text: "give up after this time (default: never)" },
    },
    load: () => import("./verbs/wait.ts"),
  },
  {
    name: "zeek",
    summary: "run the cluster of a node.cfg or zeek.conf, check one, or diagnose a node",
    operands: "FILE | check FILE | diag NODE...",
    completes: { words: ["check", "diag"], or: "files" },
    options: ZEEK_OPTIONS,
    details: ZEEK_DETAILS,
    load: () => import("./verbs/zeek.ts"),
  },
  {
    name: "systemd",
    summary: "print a unit that runs a tree as a service of systemd",
    operands: "-- -j SCRIPT... | -- zeek FILE",
    completes: "files",
    isLocal: true,
    options: {
      name: { type: "string", value: "NAME", text: "of the service (default: coppice)" },
      user: { type: "string", value: "NAME", text: "run it as this user (default: root)" },
      "user-manager": { type: "boolean", text: "for your own services: systemctl --user" },
      description: { type: "string", value: "TEXT", text: "what people see of it" },
      watchdog: {
        type: "string",
        value: "SECONDS",
        text: "start anew what stood still for so long (default: 30; 0: never)",
      },
    },
    details: `After -- comes what coppice is to run with. The service runs in this directory, keeps its files in
/var/lib/NAME unless --state-dir says otherwise, and is talked to as any tree:
  coppice systemd --name web -- -j tree.ts > /etc/systemd/system/web.service
  systemctl daemon-reload && systemctl enable --now web
  coppice --state-dir /var/lib/web status
`,
    load: () => import("./verbs/systemd.ts"),
  },
  {
    name: "completion",
    summary: "print a script that completes this command line",
    operands: "bash|zsh|fish",
    completes: ["bash", "zsh", "fish"],
    isLocal: true,
    options: {},
    details: `bash:  source <(coppice completion bash)       in ~/.bashrc
zsh:   source <(coppice completion zsh)        in ~/.zshrc, after compinit
fish:  coppice completion fish | source        in ~/.config/fish/config.fish
`,
    load: () => import("./verbs/completion.ts"),
  },
  {
    name: "help",
    summary: "print help, for a verb if one is named",
    operands: "[VERB]",
    completes: "verbs",
    isLocal: true,
    options: {},
    load: () => import("./verbs/help.ts"),
  },
  {
    name: "__names",
    summary: "the names of all nodes, for completions",
    operands: "",
    isHidden: true,
    options: { timeout: TIMEOUT, groups: { type: "boolean", text: "and of groups" } },
    load: () => import("./verbs/names.ts"),
  },
];

/** Those that people are told of. */
export const SHOWN_VERBS: readonly Verb[] = VERBS.filter(({ isHidden }) => isHidden !== true);

export function findVerb(name: string): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}

/** The verb that a word was probably meant to be. */
export function verbLike(word: string): string | undefined {
  const names = SHOWN_VERBS.map(({ name }) => name);
  const begun = names.filter((name) => word.length >= 3 && name.startsWith(word));
  return begun.length === 1 ? begun[0] : nearest(word, names);
}
