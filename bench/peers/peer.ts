/** What is compared: something that keeps programs running. */

export interface Program {
  name: string;
  command: readonly string[];
}

/** Where a peer is put up: all that it writes is in there. */
export interface Place {
  directory: string;
  /** With it everything is started; all that is started inherits it. */
  env: NodeJS.ProcessEnv;
}

export interface Peer {
  name: string;
  /** Why it cannot be measured here, and what to do; undefined if it can. */
  missing(): string | undefined;
  version(): string;
  /** Writes its configuration: what a user would have written long before. */
  plant(programs: readonly Program[], place: Place): Planted;
}

export interface Planted {
  /** Starts it, with all programs. It may be started again after it has ended. */
  start(): Running;
  /** The file to which a program's output goes. All such files, and no others, are in one folder. */
  output(name: string): string;
  /** How many bytes it puts before each line of it. */
  prefix(name: string): number;
}

export interface Running {
  /** The process from which all others come, or undefined if it is not there yet. */
  root(): number | undefined;
  /** When the creation of programs began (Unix time in milliseconds), where that can be known. */
  creation?(): number | undefined;
  /** Resolves when the commands that started it have ended. */
  settled: Promise<void>;
  /** Tells it to end, with all programs. */
  end(): void;
  /** Tells it to end one program. */
  stopProgram(name: string): Promise<unknown>;
  /** The command by which a user asks how a program is. */
  statusCommand(name: string): readonly string[];
  /** How many such requests a second it answers over connections that are kept; undefined: has none. */
  requests?(name: string, ms: number): Promise<number>;
}
