/** What a Stem is told in its environment when it is started. */

/** The variable that holds it, as JSON. */
export const STEM_VARIABLE = "COPPICE_STEM";

/** In the Supervisor's environment: nodes get no control groups. */
export const NO_CGROUPS_VARIABLE = "COPPICE_NO_CGROUPS";

export function isWithoutCgroups(env: Readonly<Record<string, string | undefined>>): boolean {
  return NO_CGROUPS_VARIABLE in env;
}

export interface StemSetup {
  /** The Supervisor's pid: another parent means that it has gone. */
  parent: number;
  /** Proves on the link that this is the Stem that was started. */
  token: string;
  stateDirectory: string;
  /** How long the tree lives on without a Supervisor (ms). */
  keep: number;
  /** Options that go before the script that a script node's Node.js runs. */
  nodeOptions: string[];
}

/** Places in the state directory that Supervisor, Stem and nodes share. */
export const places = {
  socket: "stem.sock",
  control: "control.sock",
  /** Whose this directory is. */
  lock: "supervisor.lock",
  nodes: "nodes",
  pipes: "pipes",
  args: "args.json",
  /** The path of the tree's control group. */
  cgroup: "cgroup",
  /** Which Stem there is, for the Supervisor that takes it over. */
  stem: "stem.json",
  /** What a Supervisor that is replaced leaves to the one that it becomes. */
  handover: "handover",
  /** With what the new image begins. */
  successor: "successor.json",
  /** What is generated for Zeek nodes. */
  zeek: "zeek",
} as const;
