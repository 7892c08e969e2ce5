/**
 * Every error that Coppice raises on purpose: its class, its code and the exit status that it
 * means when it ends a command. Anything else that reaches a user is a defect.
 */

/** The base of all of Coppice's errors: one line that says what failed, why, and what to do. */
export class CoppiceError extends Error {
  readonly code: string;
  /** The exit status of a command that this error ends. */
  readonly exitStatus: number;

  constructor(code: string, message: string, exitStatus = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.exitStatus = exitStatus;
  }
}

/** A node's configuration cannot be accepted. The message is Zeek's where Zeek has one. */
export class NodeConfigError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_NODE_CONFIG", message);
  }
}

/** A call that only a Supervisor answers was made elsewhere. */
export class NotSupervisorError extends CoppiceError {
  constructor(message = "supervisor mode not enabled") {
    super("COPPICE_NOT_SUPERVISOR", message);
  }
}

/** `supervisor.node()` was called in a process that is not a supervised node. */
export class NotSupervisedError extends CoppiceError {
  constructor() {
    super("COPPICE_NOT_SUPERVISED", "not a supervised process");
  }
}

/** The Supervisor was told to end and accepts no more nodes. */
export class SupervisorEndingError extends CoppiceError {
  constructor() {
    super("COPPICE_ENDING", "the Supervisor is ending and starts nothing any more");
  }
}

/** Another Supervisor holds the state directory. */
export class AlreadyRunningError extends CoppiceError {
  constructor(pid: number | undefined, directory: string) {
    super(
      "COPPICE_ALREADY_RUNNING",
      `a Supervisor (PID ${pid ?? "unknown"}) already runs here: ` +
        `end it, or choose another place than ${directory} with --state-dir`,
    );
  }
}

/** The state directory cannot be used. */
export class StateDirectoryError extends CoppiceError {
  constructor(directory: string, reason: string) {
    super(
      "COPPICE_STATE_DIRECTORY",
      `cannot use the state directory ${directory}: ${reason}; choose another with --state-dir`,
    );
  }
}

/** A file of Coppice itself is missing, or another version's: perhaps an upgrade is at work. */
export class InstallationError extends CoppiceError {
  constructor(file: string) {
    super(
      "COPPICE_INSTALLATION",
      `this Coppice is not whole: ${file} is not what it was built with; install it again`,
    );
  }
}

/** A script could not be found, read or evaluated. */
export class ScriptError extends CoppiceError {
  constructor(script: string, reason: string, options?: ErrorOptions) {
    super("COPPICE_SCRIPT", `cannot load script ${script}: ${reason}`, 1, options);
  }
}

/** The Stem ended before it had connected for the first time. */
export class StemDiedEarlyError extends CoppiceError {
  constructor(how: string) {
    super("COPPICE_STEM_DIED_EARLY", `Supervisor stem died early ${how}`);
  }
}

/** The command line is wrong. */
export class UsageError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_USAGE", message, 2);
  }
}

/** Bytes on the link that are not of its protocol. The connection that sent them is closed. */
export class ProtocolError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_PROTOCOL", message);
  }
}

/** A value that Broker cannot hold: a port beyond 65535, text that is no address. */
export class BrokerValueError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_BROKER_VALUE", message);
  }
}

/** Bytes or text that are no value in Broker's formats. The message that they came in is refused. */
export class BrokerFormatError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_BROKER_FORMAT", message);
  }
}

/** A listener for remote control could not be opened, or may not be: who could connect is not safe. */
export class ListenError extends CoppiceError {
  constructor(message: string, exitStatus = 1) {
    super("COPPICE_LISTEN", message, exitStatus);
  }
}

/** No Supervisor answers at an address. Commands exit with 69 (EX_UNAVAILABLE of sysexits.h). */
export class NoSupervisorError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_NO_SUPERVISOR", message, 69);
  }
}

/** The connection to a Supervisor ended before its answer came: whether it acted is not known. */
export class ConnectionLostError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_CONNECTION_LOST", message);
  }
}

/** This connection may look at the tree, and not act. */
export class ForbiddenError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_FORBIDDEN", message);
  }
}

/** The Supervisor at the other end, a Zeek, has nothing that does this. */
export class UnsupportedError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_UNSUPPORTED", message);
  }
}

/** A Supervisor has not been replaced, or cannot tell what that would change: all is as it was. */
export class ReloadError extends CoppiceError {
  constructor(reason: string) {
    super("COPPICE_RELOAD", `not reloaded: ${reason}`);
  }
}

/** A file that the command line names cannot be read, or is not what it should be. */
export class FileError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_FILE", message);
  }
}

/** A command cannot write what it has to say. */
export class OutputError extends CoppiceError {
  constructor(reason: string) {
    super("COPPICE_OUTPUT", `cannot write to stdout: ${reason}`);
  }
}

/** Packets cannot be read, or not to their end. */
export class PacketError extends CoppiceError {
  constructor(message: string, options?: ErrorOptions) {
    super("COPPICE_PACKETS", message, 1, options);
  }
}

/** There is no Zeek to run, or it does not tell what it is. */
export class ZeekError extends CoppiceError {
  constructor(message: string) {
    super("COPPICE_ZEEK", message);
  }
}
