/** The options that verbs share. Those that may come before the verb are in `dispatch.ts` too. */
import type { Option, Verb } from "./verb.ts";

const WHICH: Record<string, Option> = {
  "state-dir": {
    type: "string",
    value: "DIR",
    text: "the state directory of the Supervisor (default: .coppice)",
    completes: "directories",
  },
  connect: {
    type: "string",
    value: "URL",
    text: "another way there: unix:PATH, ws://HOST:PORT, wss://…, tcp://…",
  },
  "token-file": {
    type: "string",
    value: "FILE",
    text: "has the token for ws:// and wss:// (or COPPICE_TOKEN_FILE)",
    completes: "files",
  },
  "tls-ca": {
    type: "string",
    value: "FILE",
    text: "the authority to trust, for wss:// and tcp://",
    completes: "files",
  },
  "tls-cert": {
    type: "string",
    value: "FILE",
    text: "our own certificate, for wss:// and tcp://",
    completes: "files",
  },
  "tls-key": { type: "string", value: "FILE", text: "and its key", completes: "files" },
  "no-tls": { type: "boolean", text: "tcp:// without encryption" },
};

const HOW: Record<string, Option> = {
  json: { type: "boolean", text: "print JSON" },
  color: {
    type: "string",
    value: "WHEN",
    text: "auto, always, never (default: auto; NO_COLOR, FORCE_COLOR count)",
    completes: ["auto", "always", "never"],
  },
};

const HELP: Record<string, Option> = {
  help: { type: "boolean", short: "h", text: "print this" },
};

/** For verbs that one waits for. */
export const TIMEOUT: Option = {
  type: "string",
  value: "SECONDS",
  text: "give up after this time",
};

/** All options of a verb: its own, then those that it shares. */
export function optionsOf(verb: Verb): Record<string, Option> {
  return { ...verb.options, ...sharedOptions(verb) };
}

export function sharedOptions(verb: Verb): Record<string, Option> {
  return verb.isLocal ? HELP : { ...HOW, ...WHICH, ...HELP };
}
