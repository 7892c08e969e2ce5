/** The options of `coppice zeek`: where Zeek is, and the Supervisor's own. */
import { LOG_VERB_OPTIONS } from "../log-options.ts";
import type { Option } from "../verb.ts";

export const ZEEK_OPTIONS: Record<string, Option> = {
  as: {
    type: "string",
    value: "KIND",
    text: "what FILE is: node.cfg or zeek.conf (default: as it looks)",
    completes: ["node.cfg", "zeek.conf"],
  },
  prefix: {
    type: "string",
    value: "DIR",
    text: "where Zeek is (default: of DIR/etc/FILE, or of zeek on PATH)",
    completes: "directories",
  },
  zeek: { type: "string", value: "FILE", text: "the zeek to execute", completes: "files" },
  dialect: {
    type: "string",
    value: "VERSION",
    text: "how to read a zeek.conf: 8.x or 9.0 (default: as that Zeek does)",
    completes: ["8.x", "9.0"],
  },
  timeout: {
    type: "string",
    value: "SECONDS",
    text: "check: for each Zeek to parse (default: 60); diag: for an answer",
  },
  keep: {
    type: "string",
    value: "SECONDS",
    text: "how long nodes live on if the Supervisor is killed",
  },
  ...LOG_VERB_OPTIONS,
  listen: {
    type: "string",
    value: "[ADDR:]PORT",
    text: "let Broker's peers connect, as with coppice -j; so below",
  },
  websocket: { type: "string", value: "[ADDR:]PORT", text: "let WebSocket clients connect" },
  "read-token-file": {
    type: "string",
    value: "FILE",
    text: "WebSocket clients with this token may look, and not act",
    completes: "files",
  },
  "allow-host": {
    type: "string",
    multiple: true,
    value: "NAME",
    text: "another name by which WebSocket clients may call this host",
  },
  insecure: {
    type: "boolean",
    text: "listen beyond this machine with neither token nor certificates",
  },
  "crash-keep": { type: "string", value: "N", text: "how many records of crashes to keep" },
  "crash-max-size": { type: "string", value: "SIZE", text: "how large they may be together" },
  "on-crash": { type: "string", value: "COMMAND", text: "run this after a crash" },
  "on-crash-every": { type: "string", value: "SECONDS", text: "once in this time for each node" },
  "on-crash-timeout": { type: "string", value: "SECONDS", text: "and for no longer than this" },
};

export const ZEEK_DETAILS = `coppice zeek FILE        runs the cluster of a node.cfg or zeek.conf, as its Supervisor
coppice zeek check FILE  shows what would run, lets each Zeek parse its scripts, touches nothing
coppice zeek diag NODE   shows what can be found out about a node: files, its end, a backtrace

FILE is ZeekControl's node.cfg, with the zeekctl.cfg and networks.cfg beside it; the zeek.conf of
zeek-systemd-generator; or a directory that has one of the two. To run one that is called check or
diag, write ./check. All other verbs are for the tree that then runs here.

To run a file, --state-dir is where the tree keeps its files, and --token-file, --tls-… and --no-tls
are those of coppice -j. For diag they say which Supervisor to ask, as for every verb.
`;

/** What only one way of calling it takes. */
export const ONLY_FOR: Record<string, readonly ("run" | "check" | "diag")[]> = {
  as: ["run", "check"],
  prefix: ["run", "check"],
  zeek: ["run", "check"],
  dialect: ["run", "check"],
  timeout: ["check", "diag"],
  json: ["check"],
  connect: ["diag"],
  keep: ["run"],
  "log-format": ["run"],
  "log-timestamps": ["run"],
  listen: ["run"],
  websocket: ["run"],
  "read-token-file": ["run"],
  "allow-host": ["run"],
  insecure: ["run"],
  "crash-keep": ["run"],
  "crash-max-size": ["run"],
  "on-crash": ["run"],
  "on-crash-every": ["run"],
  "on-crash-timeout": ["run"],
  "token-file": ["run", "diag"],
  "tls-ca": ["run", "diag"],
  "tls-cert": ["run", "diag"],
  "tls-key": ["run", "diag"],
  "no-tls": ["run", "diag"],
};
